/// The header of a client's frame. It is read octet by octet, and refused at the first wrong octet (RFC 6455, section 5.2).
struct FrameHeader {
    private(set) var kind = FrameKind.continuation
    private(set) var isFinal = false
    /// Octets of payload.
    private(set) var length: UInt64 = 0
    /// The octets of the masking key, in the order of the wire.
    private(set) var key: UInt32 = 0
    private var stage = Stage.first

    private enum Stage: Equatable {
        case first, second
        /// So many octets of the extended length are missing.
        case length(UInt8)
        case key(UInt8)
    }

    /// Takes the next octet. Returns whether the header is complete with it.
    mutating func take(_ octet: UInt8) throws(FrameViolation) -> Bool {
        switch stage {
        case .first:
            guard octet & 0x70 == 0 else { throw .reservedBits }
            guard let kind = FrameKind(rawValue: octet & 0x0F) else { throw .reservedOpcode }
            self.kind = kind
            isFinal = octet & 0x80 != 0
            guard isFinal || !kind.isControl else { throw .fragmentedControl }
            stage = .second
        case .second:
            guard octet & 0x80 != 0 else { throw .notMasked }
            guard octet & 0x7F < 126 || !kind.isControl else { throw .longControl }
            switch octet & 0x7F {
            case 126: stage = .length(2)
            case 127: stage = .length(8)
            case let short:
                length = UInt64(short)
                stage = .key(4)
            }
        case .length(let missing):
            length = length << 8 | UInt64(octet)
            stage = missing > 1 ? .length(missing - 1) : .key(4)
        case .key(let missing):
            key = key << 8 | UInt32(octet)
            stage = .key(missing - 1)
            return missing == 1
        }
        return false
    }
}

/// What a client must not send.
enum FrameViolation: Error, Equatable {
    case notMasked, reservedBits, reservedOpcode, fragmentedControl, longControl
    /// A continuation without a message to continue, and a new message before the last one is finished.
    case unexpectedContinuation, unfinishedMessage
    /// The text is not UTF-8.
    case invalidText
    case tooBig, tooManyFragments

    /// The close code for this violation.
    var closeCode: CloseCode {
        switch self {
        case .notMasked, .reservedBits, .reservedOpcode, .fragmentedControl, .longControl, .unexpectedContinuation,
            .unfinishedMessage:
            .protocolError
        case .invalidText: .invalidText
        case .tooBig, .tooManyFragments: .tooBig
        }
    }
}
