import Foundation

/// A file of a source's or a sink's own, which is read at the start and replaced as a whole: for what it has to know after a restart and
/// what is no event.
///
/// Safe from any thread. One caller at a time may replace the file.
public struct SourceFile: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The file's content; `nil` if there is no file.
    public func content() throws -> Data? {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            return nil
        }
    }

    /// Replaces the content. The new content is on disk when this returns; after a crash the file has either the old content or the
    /// new one.
    public func replace(with content: Data) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        let draft = path + ".new"
        try Self.with(draft, O_WRONLY | O_CREAT | O_TRUNC) { file in
            var rest = content[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                guard written > 0 else { throw Self.failure(draft) }
                rest = rest.dropFirst(written)
            }
            guard fsync(file) == 0 else { throw Self.failure(draft) }
        }
        guard rename(draft, path) == 0 else { throw Self.failure(path) }
        // The new name is on disk when the folder is.
        try Self.with(folder, O_RDONLY | O_DIRECTORY) { guard fsync($0) == 0 else { throw Self.failure(folder) } }
    }

    private static func with(_ path: String, _ flags: Int32, _ body: (Int32) throws -> Void) throws {
        let file = open(path, flags | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        try body(file)
    }

    private static func failure(_ path: String) -> POSIXFailure {
        POSIXFailure(path: path, reason: String(cString: strerror(errno)))
    }
}

/// Why a file could not be written, for whoever runs the server.
private struct POSIXFailure: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path): \(reason)" }
}
