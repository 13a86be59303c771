import NIOCore

/// Puts together what a client sends, octet by octet as it comes: frames, fragments, masks, and whether text is UTF-8 (RFC 6455,
/// sections 5 and 8.1).
///
/// NIO's decoder hands a frame on when the whole of it is there. So a text that went wrong at its second octet would be read to
/// its end before it is refused, and every idle connection would bear a decoder, a guard and an aggregator, each with its place in the
/// pipeline. This one looks at each octet once, when it comes, and keeps nothing between messages. It never makes room for
/// what a header only announces: memory grows with what was really sent, up to ``message`` octets.
struct MessageReader {
    /// Octets of payload in one message.
    let message: Int
    /// Frames in one message.
    let fragments: Int

    private var header = FrameHeader()
    private var stage = Stage.header
    /// The frame's key, turned so that its first octet is that of the next octet of payload.
    private var key: UInt32 = 0
    /// The message that has begun, and how many of its frames.
    private var data: Partial?
    /// The payload of a control frame.
    private var control = ByteBuffer()

    private enum Stage {
        case header
        /// So many octets of the frame are still to come.
        case payload(Int)
        /// Something was wrong. Nothing that follows means anything.
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

    init(message: Int, fragments: Int) {
        self.message = message
        self.fragments = fragments
    }

    /// Octets of memory for what is not whole yet.
    var held: Int { (data?.payload.capacity ?? 0) + control.capacity }

    /// Takes octets until a message or a control frame is whole, and `nil` when they are used up before that.
    ///
    /// After it has thrown, it passes over all that follows.
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

    /// A frame's header is there.
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
            // A message that goes on will have one frame more at least.
            guard (data?.frames ?? 0) + (header.isFinal ? 0 : 1) <= fragments else { throw .tooManyFragments }
            guard header.length <= UInt64(message - (data?.payload.readableBytes ?? 0)) else { throw .tooBig }
        }
        key = header.key
        stage = .payload(Int(header.length))
    }

    /// Some of a frame's payload is there.
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

    /// A frame is whole.
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
    /// Whether a text can still be one with what was written at `start`.
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
    /// Writes octets without their mask, whose first octet is the key's highest.
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
