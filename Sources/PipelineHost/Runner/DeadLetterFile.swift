import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The file for a sink's dead letters: JSON Lines, `{"at","sink","seq","reason","event"}`.
///
/// The file is opened for each write, since writes are rare. Each write is flushed to disk before the sink's position moves on.
/// When the file is larger than ``sizeLimit``, it becomes `FILE.1`, which replaces an older one.
public struct DeadLetterFile: Sendable {
    public let path: String
    /// The size in bytes after which a new file is begun.
    public let sizeLimit: Int

    public init(path: String, sizeLimit: Int = 64 << 20) {
        self.path = path
        self.sizeLimit = sizeLimit
    }

    /// Appends `letters` for the sink `sink`. All are on disk when this returns. Throws if the file cannot be written.
    func append(_ letters: [(event: EventEnvelope, reason: String)], sink: String, now: Timestamp) throws {
        var json = JSONWriter()
        var lines: [UInt8] = []
        for letter in letters {
            json.removeAll()
            json.object { json in
                json.member("at", now)
                json.member("sink", sink)
                json.member("seq", letter.event.seq)
                json.member("reason", letter.reason)
                json.key("event")
                json.raw(letter.event.json)
            }
            lines += json.bytes
            lines.append(UInt8(ascii: "\n"))
        }
        try LineFile(path: path, sizeLimit: sizeLimit).append(lines)
    }
}
