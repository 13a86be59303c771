/// How far somebody has read a journal: everything up to the event `seq` of the journal `epoch`. As text it is `EPOCH:SEQ`.
public struct JournalPosition: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of an epoch at most. Those of Tallywire have 36; comparing a text costs in proportion to its length and more.
    public static let longestEpoch = 128

    public let epoch: String
    public let seq: UInt64

    public init(epoch: String, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }

    /// Reads what ``description`` gave, `nil` if it is something else: after the last colon are digits and nothing else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longestEpoch + 21, let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
            return nil
        }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seq = UInt64(digits) else { return nil }
        self.init(epoch: String(text[..<colon]), seq: seq)
    }

    public var description: String { "\(epoch):\(seq)" }
}
