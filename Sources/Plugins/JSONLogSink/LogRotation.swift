import Foundation

/// Renames the log's files: `PATH` becomes `PATH.1`, `PATH.1` becomes `PATH.2`, and so on, up to `PATH.keep`.
///
/// Every step is one rename to a name that is free. So a crash between two steps only leaves a gap in the numbers. The next
/// rotation fills the gap instead of renaming the files after it.
struct LogRotation {
    let path: String
    let keep: Int
    let operations: FileOperations

    private func name(_ number: Int) -> String { number == 0 ? path : "\(path).\(number)" }

    /// Renames the current file. Does nothing if there is none.
    func rotate() throws(FileFailure) {
        guard FileOperations.exists(path) else { return }
        try removeBeyondLimit()
        let free = (1...keep).first { !FileOperations.exists(name($0)) } ?? keep
        if FileOperations.exists(name(free)) { try remove(free) }
        for number in (0..<free).reversed() {
            guard operations.rename(name(number), name(number + 1)) == 0 else { throw FileFailure(name(number), "renamed") }
        }
        try operations.flushDirectory(of: path)
    }

    /// Removes files beyond this configuration's limit that an earlier configuration kept.
    private func removeBeyondLimit() throws(FileFailure) {
        var number = keep + 1
        while FileOperations.exists(name(number)) {
            try remove(number)
            number += 1
        }
    }

    private func remove(_ number: Int) throws(FileFailure) {
        guard operations.remove(name(number)) == 0 else { throw FileFailure(name(number), "removed") }
    }
}
