import Foundation

/// A file that a command writes for the user.
///
/// A regular file is replaced in one step and keeps its mode. So nobody sees half of it, and a full disk leaves the old one.
/// Anything else, such as a pipe or a device, is written into. A link is followed, even to a target that does not exist yet.
enum OutputFile {
    static func write(_ text: String, to path: String) throws {
        let target = try end(of: path)
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        if let attributes, attributes[.type] as? FileAttributeType != .typeRegular {
            let descriptor = try opened(path, open(target, O_WRONLY | O_CLOEXEC))
            defer { close(descriptor) }
            return try Output(descriptor: descriptor, name: path).write(text)
        }
        let draft = target + ".\(getpid()).part"
        let descriptor = try opened(path, open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
        do {
            defer { close(descriptor) }
            if let mode = (attributes?[.posixPermissions] as? NSNumber)?.uint32Value, fchmod(descriptor, mode) != 0 {
                throw failure(path)
            }
            try Output(descriptor: descriptor, name: path).write(text)
            guard fsync(descriptor) == 0, rename(draft, target) == 0 else { throw failure(path) }
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// The most links in a row, as many as Linux follows.
    private static let links = 40

    /// The final target of the links at `path`. A link in `/proc` that stands for a pipe has no path as its target, so it is not
    /// followed.
    private static func end(of path: String) throws -> String {
        let files = FileManager.default
        var path = path
        for _ in 0..<links {
            guard let target = try? files.destinationOfSymbolicLink(atPath: path) else { return path }
            let next =
                target.hasPrefix("/")
                ? target : ((path as NSString).deletingLastPathComponent as NSString).appendingPathComponent(target)
            if files.fileExists(atPath: path), !files.fileExists(atPath: next) { return path }
            path = next
        }
        throw Failure("error: \(path) cannot be written: \(String(cString: strerror(ELOOP)))")
    }

    private static func opened(_ path: String, _ descriptor: Int32) throws -> Int32 {
        guard descriptor >= 0 else { throw failure(path) }
        return descriptor
    }

    private static func failure(_ path: String) -> Failure {
        Failure("error: \(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
