import TallywireCluster
import Testing

@Suite("What the log's refusal says about an append")
struct AppendVerdictTests {
    private let entry = LogEntry(index: 5, term: Term(7), node: "a", id: "mine", lastSeq: 40, content: .ended)

    private func verdict(leader: UInt64?, head: UInt64, idAtIndex: String?) -> AppendVerdict {
        AppendVerdict(
            refused: entry, term: Term(7), leader: leader.map { Term($0) }, head: LogHead(index: head, seq: 40),
            idAtIndex: idAtIndex)
    }

    @Test("the entry itself at its index: an earlier copy was written, whoever leads now")
    func own() {
        #expect(verdict(leader: 7, head: 5, idAtIndex: "mine") == .written)
        #expect(verdict(leader: 9, head: 8, idAtIndex: "mine") == .written)
    }

    @Test("another leader, and nothing or another entry at the index: fenced")
    func fenced() {
        #expect(verdict(leader: 9, head: 4, idAtIndex: nil) == .failed(.fenced))
        #expect(verdict(leader: 9, head: 5, idAtIndex: "other") == .failed(.fenced))
        #expect(verdict(leader: nil, head: 4, idAtIndex: nil) == .failed(.fenced))
    }

    @Test("the log has gone on and no longer keeps the index: written if nobody else led since, otherwise unknown")
    func trimmed() {
        #expect(verdict(leader: 7, head: 900, idAtIndex: nil) == .written)
        #expect(verdict(leader: 9, head: 900, idAtIndex: nil) == .failed(.unknown))
    }

    @Test("what cannot be in the leader's own term halts it")
    func broken() {
        func isBroken(_ verdict: AppendVerdict) -> Bool { if case .failed(.broken) = verdict { true } else { false } }
        #expect(isBroken(verdict(leader: 7, head: 5, idAtIndex: "other")))
        #expect(isBroken(verdict(leader: 7, head: 4, idAtIndex: nil)))
    }
}
