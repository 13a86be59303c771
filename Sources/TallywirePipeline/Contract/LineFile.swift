import Foundation

/// A file of lines that are written rarely and must not be lost. Each write opens the file and appends whole lines, which are on
/// disk when it returns.
///
/// When the file is larger than ``sizeLimit``, it becomes `FILE.1`, which replaces an older one. Other users may not read the file.
package struct LineFile: Sendable {
    let path: String
    /// The size in bytes after which a new file is begun.
    let sizeLimit: Int

    package init(path: String, sizeLimit: Int) {
        self.path = path
        self.sizeLimit = sizeLimit
    }

    /// Appends `lines`, which end with a line break. Throws if they cannot be written; then none of their bytes stays in the file.
    package func append(_ lines: [UInt8]) throws {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent()
        try Self.make(folder)
        try rotateIfLarge(url)
        let isNew = !FileManager.default.fileExists(atPath: path)
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        defer { try? file.close() }
        let end = try file.seekToEnd()
        do {
            try file.write(contentsOf: lines)
            try file.synchronize()
        } catch {
            // Half a line would make the next one unreadable. If the truncation fails too, the next write fails as well and reports
            // it.
            try file.truncate(atOffset: end)
            throw error
        }
        if isNew { try Self.flush(folder) }
    }

    /// Makes a folder and its parents. Each of them is on disk when this returns.
    private static func make(_ folder: URL) throws {
        guard !FileManager.default.fileExists(atPath: folder.path) else { return }
        let above = folder.deletingLastPathComponent()
        if above.path != folder.path { try make(above) }
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        try flush(above)
    }

    private func rotateIfLarge(_ url: URL) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let size = attributes?[.size] as? Int, size > sizeLimit else { return }
        let older = url.appendingPathExtension("1")
        if FileManager.default.fileExists(atPath: older.path) { try FileManager.default.removeItem(at: older) }
        try FileManager.default.moveItem(at: url, to: older)
        try Self.flush(url.deletingLastPathComponent())
    }

    /// Makes a new name in a folder survive a power cut.
    private static func flush(_ folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }
}
