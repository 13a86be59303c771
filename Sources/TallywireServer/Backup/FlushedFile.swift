import Foundation
import TallywireCommands
import TallywireEngine

/// Small files that are on disk when the call returns.
enum FlushedFile {
    /// Writes `data` to the file at `path`, which is replaced. Throws ``Failure``.
    static func write(_ data: Data, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw Failure("error: \(path) cannot be written: \(String(cString: strerror(errno)))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try FolderOwner.give(descriptor, at: path)
            try file.write(contentsOf: data)
            try file.synchronize()
            try file.close()
        } catch { throw Failure("error: \(path) cannot be written: \(error)") }
    }
}
