import Synchronization
import Testing

@testable import Mosquitto

@Suite("The window of publications")
struct PublishWindowTests {
    private final class Outcome: Sendable {
        let result = Mutex<Result<[PublishResult], any Error>?>(nil)
        var results: [PublishResult]? { result.withLock { try? $0?.get() } }
        var hasFailed: Bool { result.withLock { if case .failure = $0 { true } else { false } } }
    }

    private func request(_ topics: String..., outcome: Outcome = Outcome()) -> PublishRequest {
        PublishRequest(topics.map { MQTTMessage(topic: $0, payload: []) }) { result in outcome.result.withLock { $0 = result } }
    }

    @Test("lets out no more than its limit, in order")
    func limits() {
        var window = PublishWindow(limit: 2)
        window.add([request("a", "b", "c"), request("d")])
        var sent: [String] = []
        func fill() {
            while let message = window.nextMessage() {
                sent.append(message.topic)
                window.sent(as: UInt16(sent.count))
            }
        }
        fill()
        #expect(sent == ["a", "b"])
        window.answered(2, .accepted)
        fill()
        #expect(sent == ["a", "b", "c"])
        window.answered(1, .accepted)
        window.answered(3, .accepted)
        fill()
        #expect(sent == ["a", "b", "c", "d"])
        #expect(window.inFlightCount == 1)
    }

    @Test("completes a request with its last answer, in the order of its messages")
    func completes() {
        let outcome = Outcome()
        var window = PublishWindow(limit: 10)
        window.add([request("a", "b", "c", outcome: outcome)])
        _ = window.nextMessage()
        window.sent(as: 7)
        _ = window.nextMessage()
        window.refused(.rejected("too long"))
        _ = window.nextMessage()
        window.sent(as: 8)
        window.answered(8, .denied("quota"))
        #expect(outcome.results == nil)
        window.answered(7, .accepted)
        #expect(outcome.results == [.accepted, .rejected("too long"), .denied("quota")])
        #expect(window.nextMessage() == nil)
        #expect(window.isIdle)
    }

    @Test("fails what waits and what is on its way when the connection ends")
    func failsAll() {
        let first = Outcome()
        let second = Outcome()
        var window = PublishWindow(limit: 1)
        window.add([request("a", "b", outcome: first), request("c", outcome: second)])
        _ = window.nextMessage()
        window.sent(as: 1)
        window.failAll(MQTTError(.connectionLost, "gone"))
        #expect(first.hasFailed && second.hasFailed)
        #expect(window.isIdle)
        window.answered(1, .accepted)
        #expect(first.hasFailed)
    }

    @Test("skips the rest of a request that nobody waits for")
    func skipsAbandoned() {
        var window = PublishWindow(limit: 1)
        let abandoned = request("a", "b")
        window.add([abandoned, request("c")])
        _ = window.nextMessage()
        window.sent(as: 1)
        abandoned.fail(CancellationError())
        window.answered(1, .accepted)
        #expect(window.nextMessage()?.topic == "c")
    }
}
