import NIOCore
import TallywireCluster
import TallywireCore
import TallywireRequests

/// The lines of a connection over which commands go to the leader: `[ticket,session,count]`, and then so many commands, or so many
/// outcomes, a line each, as JSON. An empty line is a sign of life.
///
/// The reader of one direction. For one caller at a time.
struct ForwardingLines: Sendable {
    /// What one header and its lines say.
    struct Group: Sendable {
        let ticket: UInt64
        let session: UInt64
        var lines: [[UInt8]]
    }

    /// The longest line. A command is at most as long as the body of a request, and longer by what encoding adds.
    static let longestLine = 64 << 20
    /// The most commands of one submission.
    static let most = 1 << 20

    private var splitter = LineSplitter(limit: longestLine)
    private var current: (group: Group, missing: Int)?

    /// Returns the groups that `piece` completes. Throws ``ForwardingError`` for what is no such line.
    mutating func read(_ piece: ByteBuffer) throws(ForwardingError) -> [Group] {
        let lines = piece.withUnsafeReadableBytes { splitter.split($0) }
        var complete: [Group] = []
        for line in lines {
            guard let bytes = line.bytes else { throw ForwardingError("a line has more than \(Self.longestLine) bytes") }
            if var (group, missing) = current {
                group.lines.append(bytes)
                missing -= 1
                current = (group, missing)
            } else {
                current = try Self.header(bytes)
            }
            if let ready = current, ready.missing == 0 {
                complete.append(ready.group)
                current = nil
            }
        }
        return complete
    }

    private static func header(_ bytes: [UInt8]) throws(ForwardingError) -> (Group, Int) {
        let text = String(decoding: bytes, as: UTF8.self)
        let numbers = text.dropFirst().dropLast().split(separator: ",").map { UInt64($0) }
        guard text.hasPrefix("["), text.hasSuffix("]"), numbers.count == 3, let ticket = numbers[0], let session = numbers[1],
            let count = numbers[2], count <= most
        else { throw ForwardingError("“\(text.excerpt)” is not [ticket,session,count]") }
        return (Group(ticket: ticket, session: session, lines: []), Int(count))
    }

    /// A group as it is sent.
    static func written(ticket: UInt64, session: UInt64, _ lines: [[UInt8]]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "[\(ticket),\(session),\(lines.count)]\n")
        for line in lines {
            buffer.writeBytes(line)
            buffer.writeInteger(UInt8(ascii: "\n"))
        }
        return buffer
    }

    static let signOfLife = ByteBuffer(string: "\n")
}

/// What came over a connection between two nodes is not what a node sends.
struct ForwardingError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Outcome {
    var line: [UInt8] {
        var json = JSONWriter()
        write(to: &json)
        return json.bytes
    }
}
