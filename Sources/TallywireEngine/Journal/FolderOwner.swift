import Foundation

/// Gives what root makes in a folder to the owner and the group of that folder.
///
/// An operator calls `restore` and `backup` as root, and the server runs as a user of its own: a file of root's beside the journal is one
/// that the server cannot open. SQLite does the same with its own files, by the owner of the database.
package enum FolderOwner {
    /// Gives the open file to the owner of the folder that `path` is in. Does nothing unless this process and the file are root's.
    ///
    /// Nor does it give away a file that has another name elsewhere: the owner of the folder could have put a link to a file of root's there.
    package static func give(_ descriptor: Int32, at path: String) throws(JournalError) {
        var file = stat()
        var entry = stat()
        guard geteuid() == 0, fstat(descriptor, &file) == 0, file.st_uid == 0, file.st_nlink == 1,
            lstat(path, &entry) == 0, entry.st_ino == file.st_ino, entry.st_dev == file.st_dev,
            let folder = status(of: parent(of: path)), folder.st_uid != 0
        else { return }
        guard fchown(descriptor, folder.st_uid, folder.st_gid) == 0 else { throw failure(path) }
    }

    /// Makes the folder `path`, and those that it is in, unless they are there. New ones belong to the owner of the one that was there.
    package static func makeFolder(_ path: String, mode: mode_t) throws(JournalError) {
        let path = URL(fileURLWithPath: path).path
        guard status(of: path) == nil else { return }
        try makeFolder(parent(of: path), mode: mode)
        guard mkdir(path, mode) == 0 else {
            // Another process was faster.
            if errno == EEXIST { return }
            throw JournalError(.storage, "the folder \(path) cannot be created: \(String(cString: strerror(errno)))")
        }
        guard geteuid() == 0, let folder = status(of: parent(of: path)), folder.st_uid != 0 else { return }
        guard lchown(path, folder.st_uid, folder.st_gid) == 0 else { throw failure(path) }
    }

    private static func parent(of path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static func failure(_ path: String) -> JournalError {
        JournalError(.storage, "\(path) cannot be given to the owner of its folder: \(String(cString: strerror(errno)))")
    }
}
