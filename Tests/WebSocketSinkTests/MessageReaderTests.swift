import NIOCore
import Testing

@testable import RoomHub
@testable import WebSocketServer
@testable import WebSocketSink

@Suite("Reading frames")
struct MessageReaderTests {
    /// A client's frame.
    static func frame(
        _ first: UInt8, _ payload: [UInt8] = [], key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D], masked: Bool = true, announced: Int? = nil
    ) -> [UInt8] {
        let length = announced ?? payload.count
        let bit: UInt8 = masked ? 0x80 : 0
        var octets = [first]
        switch length {
        case ..<126: octets.append(bit | UInt8(length))
        case ..<65_536: octets += [bit | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
        default: octets += [bit | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        }
        guard masked else { return octets + payload }
        return octets + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    /// All that a reader makes of these octets, which come in pieces of this size, and where it refused.
    static func read(
        _ octets: [UInt8], pieces: Int = .max, message: Int = 1_000_000, fragments: Int = 16
    ) -> (messages: [MessageReader.Message], violation: FrameViolation?, refusedAt: Int) {
        var reader = MessageReader(message: message, fragments: fragments)
        var messages: [MessageReader.Message] = []
        var position = 0
        while position < octets.count {
            let piece = octets[position..<(octets.count - position > pieces ? position + pieces : octets.count)]
            var buffer = ByteBuffer(bytes: piece)
            position += piece.count
            do throws(FrameViolation) {
                while let message = try reader.next(from: &buffer) { messages.append(message) }
            } catch {
                var rest = ByteBuffer(bytes: octets[position...])
                #expect(throws: Never.self) { try reader.next(from: &rest) == nil }
                #expect(rest.readableBytes == 0)
                return (messages, error, position)
            }
            #expect(buffer.readableBytes == 0)
        }
        return (messages, nil, position)
    }

    @Test("frames of every length of length come through, in whatever pieces", arguments: [1, 2, 3, 7, 1000, .max])
    func lengths(pieces: Int) {
        for length in [0, 1, 7, 8, 9, 125, 126, 127, 128, 65_535, 65_536] where length < 1000 || pieces >= 1000 {
            let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            let text = [UInt8](repeating: 0x61, count: length)
            let result = Self.read(Self.frame(0x82, payload) + Self.frame(0x81, text), pieces: pieces)
            #expect(result.messages == [.binary(ByteBuffer(bytes: payload)), .text(ByteBuffer(bytes: text))])
        }
    }

    @Test("fragments become one message, with control frames between them, whatever their masks", arguments: [1, 2, 5, .max])
    func fragments(pieces: Int) {
        let octets =
            Self.frame(0x01, Array("κό".utf8)) + Self.frame(0x89, [1, 2, 3]) + Self.frame(0x00, [0xCF], key: [1, 2, 3, 4])
            + Self.frame(0x8A) + Self.frame(0x00, []) + Self.frame(0x80, [0x83] + Array("με".utf8), key: [0, 0, 0, 0])
            + Self.frame(0x88, [0x03, 0xE8])
        #expect(
            Self.read(octets, pieces: pieces).messages == [
                .ping(ByteBuffer(bytes: [1, 2, 3])), .pong(ByteBuffer()), .text(ByteBuffer(string: "κόσμε")),
                .close(ByteBuffer(bytes: [0x03, 0xE8])),
            ])
    }

    @Test(
        "what must not be sent is refused, at the octet that says so",
        arguments: [
            (frame(0x81, masked: false), FrameViolation.notMasked, 2), (frame(0xC1, [0x61]), .reservedBits, 1),
            (frame(0x91), .reservedBits, 1), (frame(0x83), .reservedOpcode, 1), (frame(0x87), .reservedOpcode, 1),
            (frame(0x8B), .reservedOpcode, 1), (frame(0x8F), .reservedOpcode, 1), (frame(0x09), .fragmentedControl, 1),
            (frame(0x89, announced: 126), .longControl, 2), (frame(0x80), .unexpectedContinuation, 6),
            (frame(0x01, [0x61]) + frame(0x81, [0x61]), .unfinishedMessage, 13), (frame(0x82, announced: 1001), .tooBig, 8),
            (frame(0x82, announced: .max), .tooBig, 14), ([0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 12), .tooBig, 14),
            (frame(0x02, [UInt8](repeating: 0, count: 600)) + frame(0x80, announced: 401), .tooBig, 616),
            (frame(0x02) + frame(0x00) + frame(0x00) + frame(0x00), .tooManyFragments, 24),
            (frame(0x81, [0x61, 0xFF, 0x61]), .invalidText, 8), (frame(0x81, [0x61, 0xC3]), .invalidText, 8),
            (frame(0x01, [0xC3]) + frame(0x00, [0x28], announced: 900), .invalidText, 16),
        ] as [([UInt8], FrameViolation, Int)])
    func violations(octets: [UInt8], violation: FrameViolation, at position: Int) {
        let bytewise = Self.read(octets, pieces: 1, message: 1000, fragments: 4)
        #expect(bytewise.violation == violation)
        #expect(bytewise.refusedAt == position)
        #expect(Self.read(octets, message: 1000, fragments: 4).violation == violation)
        #expect(bytewise.messages == [])
    }

    @Test("what was whole before the violation is handed on")
    func before() {
        let result = Self.read(Self.frame(0x81, [0x61]) + Self.frame(0x83))
        #expect(result.messages == [.text(ByteBuffer(string: "a"))])
        #expect(result.violation == .reservedOpcode)
    }

    @Test("the limits are met exactly: a message of the largest size in the most fragments")
    func limits() {
        let half = [UInt8](repeating: 0x61, count: 500)
        let octets = Self.frame(0x01, half) + Self.frame(0x00) + Self.frame(0x00) + Self.frame(0x80, half)
        #expect(Self.read(octets, message: 1000, fragments: 4).messages == [.text(ByteBuffer(bytes: half + half))])
    }

    @Test("a header that announces much makes no room for it")
    func announcement() throws {
        var reader = MessageReader(message: 16 << 20, fragments: 16)
        var octets = ByteBuffer(bytes: Self.frame(0x82, [0x61], announced: 16 << 20))
        #expect(try reader.next(from: &octets) == nil)
        #expect(reader.held <= 64)
    }

    @Test("nothing is held between messages")
    func idle() throws {
        var reader = MessageReader(message: 1 << 20, fragments: 16)
        for frame in [Self.frame(0x82, [UInt8](repeating: 1, count: 100_000)), Self.frame(0x89, [1]), Self.frame(0x81, [0x61])] {
            var octets = ByteBuffer(bytes: frame)
            #expect(try reader.next(from: &octets) != nil)
            #expect(reader.held == 0)
        }
    }
}
