import Glibc

/// A folder for one test broker: its configuration, its log and its stored data.
struct BrokerFolder: Sendable {
    let path: String

    init() throws(BrokerFailure) {
        var template = Array("/tmp/tallywire-broker-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BrokerFailure("no folder for a broker: \(String(cString: strerror(errno)))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ text: String, to name: String) throws(BrokerFailure) {
        guard let file = fopen("\(path)/\(name)", "w") else {
            throw BrokerFailure("\(path)/\(name) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        fputs(text, file)
    }

    /// Removes the folder and the files in it.
    func remove() {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { unlink("\(path)/\(name)") }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

/// Why a test broker does not run.
public struct BrokerFailure: Error, CustomStringConvertible {
    public let description: String

    package init(_ description: String) { self.description = description }
}
