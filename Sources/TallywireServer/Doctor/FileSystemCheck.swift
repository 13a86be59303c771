/// Whether the file system under the journal keeps what SQLite's WAL and `flock(2)` need: shared memory and locks of one machine.
struct FileSystemCheck: Sendable {
    let folder: String
    /// The text of /proc/mounts.
    let mounts: String

    private static let remote: Set = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "ocfs2", "gfs2", "vboxsf",
        "virtiofs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.davfs", "davfs",
    ]
    private static let fleeting: Set = ["tmpfs", "ramfs"]

    var finding: Finding {
        guard let type else {
            return .warning(
                "file system", "which file system \(folder) is on cannot be told", "look with: findmnt --target \(folder)")
        }
        if Self.remote.contains(type) {
            return .wrong(
                "file system", "\(folder) is on \(type), over which SQLite's write-ahead log and locks do not work",
                "put the journal on a local disk: several processes or machines could write it at once, and damage it")
        }
        if Self.fleeting.contains(type) {
            return .warning(
                "file system", "\(folder) is in memory (\(type)): the journal is gone with the next restart of the machine",
                "put the journal on a disk")
        }
        if type == "overlay" {
            return .warning(
                "file system", "\(folder) is in the layer of a container: the journal is gone with the container",
                "mount a volume there")
        }
        return .ok("file system", "\(folder) is on \(type)")
    }

    /// The type of the last mount that is nearest above the folder: a later one covers an earlier one.
    var type: String? {
        var best: (length: Int, type: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 3 else { continue }
            let point = Self.unescaped(fields[1])
            guard point == "/" || folder == point || folder.hasPrefix(point + "/") else { continue }
            if point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, String(fields[2])) }
        }
        return best?.type
    }

    /// The kernel writes space, tab, line end and backslash as three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
