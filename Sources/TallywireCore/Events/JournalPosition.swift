/// How far somebody has read a journal: up to and including the event `seq` of the journal `epoch`. As text it is `EPOCH:SEQ`.
public struct JournalPosition: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes of an epoch. Tallywire's epochs have 36. The limit exists because the time to compare texts grows with their
    /// length.
    public static let longestEpoch = 128

    public let epoch: String
    public let seq: UInt64

    public init(epoch: String, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }

    /// Reads the text of ``description``. `nil` for any other text, such as one with anything but digits after the last colon.
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
