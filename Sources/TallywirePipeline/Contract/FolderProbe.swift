import Foundation

/// Tries whether a file can be written at a path of the configuration. Nothing stays on the disk.
public enum FolderProbe {
    /// Why `path` cannot be written; `nil` if it can. `createsFolder` says whether the writer creates the folder.
    public static func problem(writing path: String, createsFolder: Bool) -> String? {
        let url = URL(fileURLWithPath: path)
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return "\(path) is a folder, and a file is wanted" }
            if access(path, W_OK) != 0 { return "\(path) cannot be written: \(String(cString: strerror(errno)))" }
        } else if lstat(path, &status) == 0 {
            return "\(path) is a link that leads nowhere"
        }
        return problem(with: url.deletingLastPathComponent().path, create: createsFolder)
    }

    private static func problem(with folder: String, create: Bool) -> String? {
        var status = stat()
        guard stat(folder, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else {
                return "the folder \(folder) cannot be used: \(String(cString: strerror(errno)))"
            }
            if lstat(folder, &status) == 0 { return "\(folder) is a link that leads nowhere" }
            if !create { return "the folder \(folder) does not exist: create it" }
            let above = URL(fileURLWithPath: folder).deletingLastPathComponent().path
            return problem(with: above, create: true).map { "the folder \(folder) cannot be made: \($0)" }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "\(folder) is a file, and a folder is wanted" }
        // Checking permissions does not find a file system that cannot be written, such as /proc. Trying does.
        let attempt = "\(folder)/.tallywire-check-\(getpid())"
        guard mkdir(attempt, 0o700) == 0 else { return "nothing can be made in \(folder): \(String(cString: strerror(errno)))" }
        rmdir(attempt)
        return nil
    }
}
