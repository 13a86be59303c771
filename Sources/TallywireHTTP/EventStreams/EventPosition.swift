/// A place in a journal as clients keep it: `EPOCH:SEQ`.
struct EventPosition: Equatable {
    /// Bytes of an epoch at most. Those of Tallywire have 36; comparing a text costs in proportion to its length and more.
    static let longestEpoch = 128

    let epoch: String
    let seq: UInt64

    init(epoch: String, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }

    /// Reads what ``text`` gave, `nil` if it is something else.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.longestEpoch + 21, let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
            return nil
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seq = UInt64(digits) else { return nil }
        self.init(epoch: String(text[..<colon]), seq: seq)
    }

    var text: String { "\(epoch):\(seq)" }
}
