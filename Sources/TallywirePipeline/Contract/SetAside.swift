import Foundation
import TallywireCore
import TallywireEngine

/// Where a source puts messages that ended the server several times in a row: into a file, instead of handling them again.
///
/// See ``/TallywireEngine/HandlingNote`` for how such a message is recognised.
public struct SetAside: Sendable {
    public let note: HandlingNote
    /// The folder of the files. Each source has one.
    public let folder: String

    /// The size in bytes after which a new file is begun.
    private static let sizeLimit = 16 << 20

    public init(note: HandlingNote, folder: String) {
        self.note = note
        self.folder = folder
    }

    /// The file of a source: JSON Lines, `{"at","source","device","topic","payload"}`, with `payloadBase64` for a payload that is
    /// not UTF-8.
    public func file(of source: String) -> String { "\(folder)/\(source).jsonl" }

    /// Writes a message to its source's file. The message is on disk when this returns.
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
