import Foundation
import TallywireEngine

/// Makes the file of a ``/TallywireEngine/HandlingNote`` as two crashes leave it, for tests that have no process to crash.
public enum HandlingNoteFile {
    /// Writes a file at `path` by which what has these marks is not handled any more.
    public static func write(poison marks: [UInt64], to path: String) throws {
        var bytes = Array("tallywire notes1".utf8)
        bytes += [UInt8](repeating: 0, count: 64 - bytes.count + 32 * 8)
        for mark in marks {
            withUnsafeBytes(of: mark) { bytes += $0 }
            withUnsafeBytes(of: HandlingNote.limit) { bytes += $0 }
        }
        bytes += [UInt8](repeating: 0, count: 4_096 - bytes.count)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
