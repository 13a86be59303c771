import Foundation

/// Reads files whose size has a limit.
public enum BoundedFile {
    /// Why a file cannot be read: `cannot be read: No such file or directory`.
    public struct Failure: Error, Sendable {
        public let message: String
    }

    /// Returns the bytes of the file at `path`. Throws if there are more than `limit`.
    public static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(message: "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return Foundation.read(descriptor, rest.baseAddress, rest.count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Failure(message: "cannot be read: \(String(cString: strerror(errno)))") }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw Failure(message: "is larger than \(ByteSize(bytes: limit))") }
        return Array(bytes[..<count])
    }
}
