import NATS
import TallywireTesting
import Testing

@testable import NATSSink

@Suite("Messages on their way")
struct PublishFlightTests {
    private static let refused = NATSError(.refused(1), "full")

    private func stored(_ token: Int, isDuplicate: Bool = false) -> NATSAnswer {
        NATSAnswer(token: token, result: .success(NATSAcknowledgement(sequence: 1, isDuplicate: isDuplicate)))
    }

    @Test("are no more than the window, and go on with each answer")
    func window() {
        var flight = PublishFlight(count: 5, window: 2)
        #expect([flight.next(), flight.next(), flight.next()] == [0, 1, nil] && flight.inFlight == 2)
        flight.take(stored(1))
        #expect(flight.delivered == 0 && flight.next() == 2 && flight.next() == nil)
        flight.take(stored(0, isDuplicate: true))
        #expect(flight.delivered == 2 && flight.duplicates == 1 && flight.next() == 3 && !flight.isOver)
        for token in [2, 3] { flight.take(stored(token)) }
        #expect(flight.next() == 4 && !flight.isOver)
        flight.take(stored(4))
        #expect(flight.isOver && flight.delivered == 5 && flight.failure == nil)
    }

    @Test("end with the first failure, once all that were sent are answered")
    func failure() {
        var flight = PublishFlight(count: 9, window: 4)
        while flight.next() != nil {}
        flight.take(NATSAnswer(token: 3, result: .failure(NATSError(.outOfStep, "3"))))
        #expect(flight.next() == nil && !flight.isOver)
        flight.take(NATSAnswer(token: 1, result: .failure(Self.refused)))
        flight.take(stored(0))
        flight.take(NATSAnswer(token: 2, result: .failure(NATSError(.outOfStep, "2"))))
        #expect(flight.isOver && flight.delivered == 1 && flight.failure?.index == 1 && flight.failure?.error == Self.refused)
    }

    @Test("of none are over at once")
    func none() { #expect(PublishFlight(count: 0, window: 1).isOver) }

    @Test("whatever order answers come in, what counts as delivered is what comes before the first that is not", arguments: 1...50)
    func anyOrder(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var flight = PublishFlight(count: Int.random(in: 1...40, using: &random), window: Int.random(in: 1...9, using: &random))
        var (open, good): ([Int], Set<Int>) = ([], [])
        while !flight.isOver {
            while let token = flight.next() { open.append(token) }
            let token = open.remove(at: Int.random(in: open.indices, using: &random))
            if Int.random(in: 0..<20, using: &random) == 0 {
                flight.take(NATSAnswer(token: token, result: .failure(Self.refused)))
            } else {
                flight.take(stored(token))
                good.insert(token)
            }
        }
        #expect(open.isEmpty && flight.delivered == (0...).first { !good.contains($0) })
        #expect((flight.failure == nil) == (good.count == flight.sent))
    }
}
