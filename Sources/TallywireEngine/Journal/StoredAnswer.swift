import Foundation
import TallywireCore

/// The answer to a command, kept so that a repeat gets it again.
///
/// It has its outcome, or the bytes of one that a journal or an entry of a log holds. Such bytes are read only when somebody asks for the
/// outcome: a node that follows a log copies them into its journal. Two answers are equal if they are stored as the same.
public struct StoredAnswer: Sendable {
    /// The command's ``/TallywireCore/Command/key``: its id, and the device to which the id belongs.
    public let id: String
    /// What the command meant: see ``/TallywireCore/CommandFingerprint``.
    public let fingerprint: CommandFingerprint
    public let timestamp: Timestamp
    /// The id of the reversal that took the movement back; `nil` if none has.
    public var reversedBy: String?
    /// The ``/TallywireCore/Command/nonce`` of the command that was decided.
    public let nonce: String?
    private let content: Content

    private enum Content: Sendable {
        case decided(Outcome, asked: JSONValue?)
        case stored([UInt8])
    }

    /// An answer that was just decided. `asked` is what a rejected movement asked, an object: see
    /// ``/TallywireCore/Movement/record(of:)``.
    public init(
        id: String, fingerprint: CommandFingerprint, outcome: Outcome, timestamp: Timestamp, asked: JSONValue? = nil,
        reversedBy: String? = nil, nonce: String? = nil
    ) {
        self.init(id, fingerprint, .decided(outcome, asked: asked), timestamp, reversedBy, nonce)
    }

    /// An answer that is stored somewhere, with the JSON of its outcome: what ``json(using:)`` returned. The JSON is not read here.
    public init(
        id: String, fingerprint: CommandFingerprint, json: [UInt8], timestamp: Timestamp, reversedBy: String? = nil,
        nonce: String? = nil
    ) {
        self.init(id, fingerprint, .stored(json), timestamp, reversedBy, nonce)
    }

    private init(
        _ id: String, _ fingerprint: CommandFingerprint, _ content: Content, _ timestamp: Timestamp, _ reversedBy: String?,
        _ nonce: String?
    ) {
        self.id = id
        self.fingerprint = fingerprint
        self.content = content
        self.timestamp = timestamp
        self.reversedBy = reversedBy
        self.nonce = nonce
    }

    /// What became of the command. Throws ``JournalError/Code/damaged`` if stored bytes are no outcome that this program knows.
    public var outcome: Outcome {
        get throws {
            switch content {
            case .decided(let outcome, _): return outcome
            case .stored(let json):
                do {
                    return try JSONDecoder().decode(Outcome.self, fromOutside: json)
                } catch {
                    throw unreadable(error)
                }
            }
        }
    }

    /// What a rejected movement asked, an object; `nil` for any other answer. What an applied movement asked is in its events. Throws as
    /// ``outcome`` does.
    public var asked: JSONValue? {
        get throws {
            guard case .rejected = try outcome else { return nil }
            switch content {
            case .decided(_, let asked): return asked
            case .stored(let json):
                do {
                    return try JSONReader.value(of: json)["asked"]
                } catch {
                    throw unreadable(error)
                }
            }
        }
    }

    /// The outcome if this process decided it; `nil` if the answer was stored.
    var decided: Outcome? { if case .decided(let outcome, _) = content { outcome } else { nil } }

    /// The JSON of the outcome, as journals and entries store it: see ``/TallywireCore/Outcome/write(to:asked:)``. An outcome that was
    /// decided is written with `writer`, whose memory is used again; stored bytes are returned as they are.
    public func json(using writer: inout JSONWriter) -> [UInt8] {
        switch content {
        case .stored(let json): return json
        case .decided(let outcome, let asked):
            writer.removeAll()
            outcome.write(to: &writer, asked: asked)
            return writer.bytes
        }
    }

    /// This answer with its outcome as JSON, so that nobody has to write it again.
    public func stored(using writer: inout JSONWriter) -> StoredAnswer {
        StoredAnswer(id, fingerprint, .stored(json(using: &writer)), timestamp, reversedBy, nonce)
    }

    private func unreadable(_ error: any Error) -> JournalError {
        JournalError(
            .damaged,
            "the stored answer to “\(id.excerpt)” cannot be read, so the journal is damaged or of a newer version: upgrade this server, or restore a backup (\(error))"
        )
    }
}

extension StoredAnswer: Equatable {
    public static func == (a: StoredAnswer, b: StoredAnswer) -> Bool {
        guard a.id == b.id, a.fingerprint == b.fingerprint, a.timestamp == b.timestamp, a.reversedBy == b.reversedBy,
            a.nonce == b.nonce
        else { return false }
        var writer = JSONWriter()
        return a.json(using: &writer) == b.json(using: &writer)
    }
}
