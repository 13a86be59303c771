import Foundation
import SignedNote
import TallywireCommands

/// The key that signs a journal's checkpoints, in `checkpoint.key` beside it. It is made at the first start, and only its owner may
/// read it.
enum CheckpointKey {
    static func path(beside journal: String) -> String {
        URL(fileURLWithPath: journal).deletingLastPathComponent().appendingPathComponent("checkpoint.key").path
    }

    /// Reads the key, or makes one. Throws ``Failure``.
    static func open(beside journal: String) throws -> SigningKey {
        let path = path(beside: journal)
        if FileManager.default.fileExists(atPath: path) { return try read(path) }
        let key = SigningKey(name: "tallywire-\(UUID().uuidString.lowercased().prefix(8))")
        try PrivateFile.write(key.written + "\n", to: path, replacing: false)
        return key
    }

    /// Reads a key. Throws ``Failure``.
    static func read(_ path: String) throws -> SigningKey {
        do {
            return try SigningKey(reading: try String(contentsOfFile: path, encoding: .utf8))
        } catch let error as NoteError {
            throw Failure(
                "error: \(path) cannot be used: \(error). Put the key back, or move the file away to begin with a new one.")
        } catch {
            throw Failure("error: \(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
