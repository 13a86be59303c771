import Logging
import TallywireCore
import TallywireEngine

/// Writes each message of the log as one line with one JSON object, for programs that collect logs.
///
/// Its members are `timestamp` (ISO 8601, in UTC, with milliseconds), `level`, `label`, `message`, `source` (the module) and `metadata`,
/// an object whose values are strings, objects and arrays. Line ends are escaped. A text of more than ``longestText`` bytes is cut: what
/// collects logs splits long lines, journald from 48 KiB and Docker from 16 KiB on, and the parts would be no JSON.
///
/// It is our own, since no backend for JSON is among the packages that swift-log's authors keep, and this is a hundred lines.
struct JSONLogHandler: LogHandler {
    /// The most bytes of one text of a message, in UTF-8.
    static let longestText = 4_096

    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let output: LogOutput
    private let now: @Sendable () -> Timestamp

    init(label: String, logLevel: Logger.Level, output: LogOutput, now: @escaping @Sendable () -> Timestamp = { .now }) {
        (self.label, self.logLevel, self.output, self.now) = (label, logLevel, output, now)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        output.write(line(of: event, at: now()))
    }

    /// The line of `event`, with its line end. What the event itself says comes before what the logger says, and that before what the
    /// task says.
    func line(of event: LogEvent, at time: Timestamp) -> [UInt8] {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        all.merge(event.metadata ?? [:]) { $1 }
        var json = JSONWriter()
        json.object { json in
            json.member("timestamp", time)
            json.member("level", event.level.rawValue)
            json.member("label", label)
            json.member("message", Self.cut("\(event.message)"))
            json.member("source", event.source)
            json.key("metadata")
            Self.write(all, to: &json)
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ metadata: Logger.Metadata, to json: inout JSONWriter) {
        json.object { json in
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                json.dynamicKey(key)
                write(value, to: &json)
            }
        }
    }

    private static func write(_ value: Logger.MetadataValue, to json: inout JSONWriter) {
        switch value {
        case .string(let text): json.string(cut(text))
        case .stringConvertible(let value): json.string(cut("\(value)"))
        case .dictionary(let members): write(members, to: &json)
        case .array(let values):
            json.array { json in
                for value in values { write(value, to: &json) }
            }
        }
    }

    /// `text`, or as many whole characters of it as are allowed and how much is missing.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > longestText else { return text }
        var (kept, count) = ("", 0)
        for character in text {
            count += character.utf8.count
            if count > longestText { break }
            kept.append(character)
        }
        return "\(kept)… (\(text.utf8.count - kept.utf8.count) bytes more)"
    }
}
