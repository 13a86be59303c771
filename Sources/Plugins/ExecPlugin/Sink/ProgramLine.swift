import TallywireConfiguration
import TallywireCore

/// A line that the program of a sink writes.
enum ProgramLine: Equatable, Sendable {
    /// `{"tallywire":1}`: the program speaks this protocol. It comes first.
    case greeting
    /// `{"ack":N}`: all events up to N are taken.
    case ack(UInt64)
    /// `{"reject":N,"reason":"…"}`: the event N will never be taken.
    case reject(UInt64, reason: String)
    /// `{"retry":N,"after":"2s"}`: the event N and those after it are to be offered again.
    case retry(UInt64, after: Duration)
    /// `{"log":"…"}`: a line for the server's log.
    case log(String)

    /// The version of the protocol.
    static let version: Int64 = 1
    /// The longest pause that a program may ask for.
    static let longestPause = Duration.seconds(3_600)
    /// The most characters of a reason.
    private static let reasonLimit = 500

    init(_ bytes: [UInt8]) throws(ProtocolMistake) {
        guard let value = try? JSONReader.value(of: bytes), let members = value.object,
            let kind = members.first(where: { ["tallywire", "ack", "reject", "retry", "log"].contains($0.name) })
        else { throw ProtocolMistake(bytes, "it is not a line of the protocol") }
        let allowed = ["reject": "reason", "retry": "after"][kind.name]
        guard value.repeatedMember == nil, members.allSatisfy({ $0.name == kind.name || $0.name == allowed }) else {
            throw ProtocolMistake(bytes, "“\(kind.name)” stands beside members that do not belong to it")
        }
        if kind.name == "log", let text = kind.value.string {
            self = .log(text)
            return
        }
        guard let number = kind.value.integer, number > 0, let seq = UInt64(exactly: number) else {
            throw ProtocolMistake(bytes, "“\(kind.name)” is not what it has to be")
        }
        switch kind.name {
        case "tallywire" where number == Self.version: self = .greeting
        case "ack": self = .ack(seq)
        case "reject":
            let reason = value["reason"]?.string ?? "the program gave no reason"
            self = .reject(seq, reason: String(reason.unicodeScalars.prefix(Self.reasonLimit)))
        case "retry": self = .retry(seq, after: try Self.pause(value["after"], bytes))
        default: throw ProtocolMistake(bytes, "this server speaks version \(Self.version) of the protocol")
        }
    }

    private static func pause(_ value: JSONValue?, _ bytes: [UInt8]) throws(ProtocolMistake) -> Duration {
        guard let value else { return .zero }
        guard let pause = value.string.flatMap({ Duration(configuration: $0) }), pause <= longestPause else {
            throw ProtocolMistake(bytes, "“after” is a duration such as “2s”, of an hour at most")
        }
        return pause
    }
}

/// Something that a program may not write. It ends the program.
struct ProtocolMistake: Error, Equatable {
    /// The line, as far as the message shows it.
    private let line: [UInt8]?
    private let mistake: String

    init(_ line: [UInt8], _ mistake: String) {
        self.line = line
        self.mistake = mistake
    }

    init(_ mistake: String) {
        line = nil
        self.mistake = mistake
    }

    /// The mistake, with 80 characters of the line, without secrets.
    func words(_ redaction: Redaction) -> String {
        guard let line else { return mistake }
        return "the program wrote “\(redaction.clear(String(decoding: line, as: UTF8.self)).excerpt)”: \(mistake)"
    }
}
