import Foundation
import TallywireCore
import TallywireEngine

/// What a source does with a message that ended the server again and again: it puts it into a file of its own instead of handling it.
///
/// See ``/TallywireEngine/HandlingNote`` for how such a message is known.
public struct SetAside: Sendable {
    public let note: HandlingNote
    /// The folder of the files, one for each source.
    public let folder: String

    /// Bytes after which a new file is begun.
    private static let sizeLimit = 16 << 20

    public init(note: HandlingNote, folder: String) {
        self.note = note
        self.folder = folder
    }

    /// The file of a source: JSON Lines, `{"at","source","device","topic","payload"}`, or `payloadBase64` for what is not UTF-8.
    public func file(of source: String) -> String { "\(folder)/\(source).jsonl" }

    /// Puts a message into its source's file; it is on disk when this returns.
    public func put(_ payload: [UInt8], topic: String, device: String, source: String, at now: Timestamp) throws {
        var json = JSONWriter(capacity: payload.count + 256)
        json.object { json in
            json.member("at", now)
            json.member("source", source)
            json.member("device", device)
            json.member("topic", topic)
            if let text = String(validating: payload, as: UTF8.self) {
                json.member("payload", text)
            } else {
                json.member("payloadBase64", Data(payload).base64EncodedString())
            }
        }
        try LineFile(path: file(of: source), sizeLimit: Self.sizeLimit).append(json.bytes + [UInt8(ascii: "\n")])
    }
}
