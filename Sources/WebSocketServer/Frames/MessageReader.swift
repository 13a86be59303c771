import NIOCore

/// Reads a client's messages octet by octet as they come: frames, fragments, masks, and whether text is UTF-8 (RFC 6455, sections 5
/// and 8.1).
///
/// NIO's decoder hands over a frame only when the whole frame is there. A text whose second octet is wrong would then be read to
/// its end before it is refused. And every idle connection would have a decoder, a guard and an aggregator in its pipeline. This
/// reader looks at each octet once, when it comes, and keeps nothing between messages. It never allocates for a length that a
/// header only announces: memory grows with the octets that were really sent, up to ``message``.
package struct MessageReader {
    /// The most octets of payload in one message.
    let message: Int
    /// The most frames in one message.
    let fragments: Int

    private var header = FrameHeader()
    private var stage = Stage.header
    /// The frame's key, rotated so that its first octet belongs to the next octet of payload.
    private var key: UInt32 = 0
    /// The message that has begun, and the number of its frames.
    private var data: Partial?
    /// The payload of a control frame.
    private var control = ByteBuffer()

    private enum Stage {
        case header
        /// So many octets of the frame's payload are missing.
        case payload(Int)
        /// Something was wrong. The octets that follow mean nothing.
        case broken
    }

    fileprivate struct Partial {
        let isText: Bool
        var payload = ByteBuffer()
        var frames = 1
        var text = UTF8Validator()
    }

    /// What was received, unmasked.
    enum Message: Equatable {
        /// The payload is UTF-8.
        case text(ByteBuffer)
        case binary(ByteBuffer)
        case close(ByteBuffer)
        case ping(ByteBuffer)
        case pong(ByteBuffer)
    }

    package init(message: Int, fragments: Int) {
        self.message = message
        self.fragments = fragments
    }

    /// The octets of memory that incomplete messages and frames take.
    var held: Int { (data?.payload.capacity ?? 0) + control.capacity }

    /// Takes octets until a message or a control frame is complete. Returns `nil` when the octets are used up before.
    ///
    /// After an error was thrown, all further octets are ignored.
    mutating func next(from octets: inout ByteBuffer) throws(FrameViolation) -> Message? {
        do throws(FrameViolation) {
            while true {
                switch stage {
                case .header:
                    guard let octet = octets.readInteger(as: UInt8.self) else { return nil }
                    if try header.take(octet) { try begin() }
                case .payload(let missing):
                    let count = min(missing, octets.readableBytes)
                    if let slice = octets.readSlice(length: count), count > 0 { try take(slice) }
                    stage = .payload(missing - count)
                    guard count == missing else { return nil }
                    stage = .header
                    if let message = try end() { return message }
                case .broken:
                    octets.moveReaderIndex(to: octets.writerIndex)
                    return nil
                }
            }
        } catch {
            stage = .broken
            data = nil
            control = ByteBuffer()
            throw error
        }
    }

    /// Handles a frame's header.
    private mutating func begin() throws(FrameViolation) {
        switch header.kind {
        case .close, .ping, .pong: break
        case .text, .binary:
            guard data == nil else { throw .unfinishedMessage }
            data = Partial(isText: header.kind == .text)
        case .continuation:
            guard data != nil else { throw .unexpectedContinuation }
            data?.frames += 1
        }
        if !header.kind.isControl {
            // A message that continues will have at least one more frame.
            guard (data?.frames ?? 0) + (header.isFinal ? 0 : 1) <= fragments else { throw .tooManyFragments }
            guard header.length <= UInt64(message - (data?.payload.readableBytes ?? 0)) else { throw .tooBig }
        }
        key = header.key
        stage = .payload(Int(header.length))
    }

    /// Handles a part of a frame's payload.
    private mutating func take(_ slice: ByteBuffer) throws(FrameViolation) {
        if header.kind.isControl {
            control.writeUnmasked(slice, key: key)
        } else {
            let start = data?.payload.writerIndex ?? 0
            data?.payload.writeUnmasked(slice, key: key)
            guard data?.isValid(from: start) != false else { throw .invalidText }
        }
        let turn = UInt32(slice.readableBytes % 4) * 8
        key = key << turn | (turn == 0 ? 0 : key >> (32 - turn))
    }

    /// Handles the end of a frame.
    private mutating func end() throws(FrameViolation) -> Message? {
        let frame = header
        header = FrameHeader()
        if frame.kind.isControl {
            let payload = control
            control = ByteBuffer()
            switch frame.kind {
            case .ping: return .ping(payload)
            case .pong: return .pong(payload)
            default: return .close(payload)
            }
        }
        guard frame.isFinal, let whole = data else { return nil }
        data = nil
        guard whole.isText else { return .binary(whole.payload) }
        guard whole.text.isComplete else { throw .invalidText }
        return .text(whole.payload)
    }
}

extension MessageReader.Partial {
    /// Whether the text can still become valid UTF-8 with the octets that were written from `start` on.
    fileprivate mutating func isValid(from start: Int) -> Bool {
        guard isText else { return true }
        var text = text
        let isValid = payload.withUnsafeReadableBytes { octets in
            text.accept(UnsafeRawBufferPointer(rebasing: octets[(start - payload.readerIndex)...]))
        }
        self.text = text
        return isValid
    }
}

extension ByteBuffer {
    /// Writes octets without their mask. The first octet is masked by the key's highest octet.
    fileprivate mutating func writeUnmasked(_ masked: ByteBuffer, key: UInt32) {
        writeImmutableBuffer(masked)
        let wide = UInt64(bigEndian: UInt64(key) << 32 | UInt64(key))
        withUnsafeMutableReadableBytes { octets in
            let written = UnsafeMutableRawBufferPointer(rebasing: octets[(octets.count - masked.readableBytes)...])
            var index = 0
            while index + 8 <= written.count {
                written.storeBytes(
                    of: written.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ wide, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < written.count {
                written[index] ^= UInt8(truncatingIfNeeded: key >> (24 - 8 * UInt32(index % 4)))
                index += 1
            }
        }
    }
}
