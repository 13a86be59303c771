import NIOCore
import Testing

@testable import SocketIOSink

/// The decisions of a session that polls, with a clock of the test's own.
@Suite("A session that polls decides")
struct PollingMachineTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private static let settings = PollingMachine.Settings(
        pingInterval: .milliseconds(300), pingTimeout: .milliseconds(200), buffer: 1_000)

    private func at(_ milliseconds: Int64) -> NIODeadline { Self.start + .milliseconds(milliseconds) }
    private func message(_ text: String) -> EnginePacket { .message(ByteBuffer(string: text)) }
    private func machine() -> PollingMachine { PollingMachine(Self.settings, now: Self.start) }

    @Test("what is said without a poll waits for the next one, in order")
    func queue() {
        var machine = machine()
        #expect(machine.send(message("a")) == [])
        #expect(machine.send(message("b")) == [])
        #expect(machine.poll(1, now: at(1)) == [.respond(poll: 1, [message("a"), message("b")])])
        #expect(machine.poll(2, now: at(2)) == [])
        #expect(machine.send(message("c")) == [.respond(poll: 2, [message("c")])])
        #expect(machine.poll == nil)
    }

    @Test("a second poll ends the session: the first one hears it, the second one is refused")
    func secondPoll() {
        var machine = machine()
        _ = machine.poll(1, now: at(1))
        #expect(machine.poll(2, now: at(2)) == [.respond(poll: 1, [.close]), .refuse(poll: 2), .end(.malformed)])
        #expect(machine.poll(3, now: at(3)) == [.refuse(poll: 3)])
        #expect(machine.send(message("a")) == [])
    }

    @Test("a poll whose client went away makes room for another")
    func forgottenPoll() {
        var machine = machine()
        _ = machine.poll(1, now: at(1))
        machine.forget(1)
        #expect(machine.poll(2, now: at(2)) == [])
    }

    @Test("a ping comes when it is due, and a pong lets the next one be due an interval later")
    func heartbeat() {
        var machine = machine()
        #expect(machine.due == at(300))
        #expect(machine.tick(now: at(299)) == [])
        _ = machine.poll(1, now: at(299))
        #expect(machine.tick(now: at(300)) == [.respond(poll: 1, [.ping])])
        #expect(machine.due == at(500))
        #expect(machine.receive([EnginePacket(kind: .pong)], now: at(310)) == [])
        #expect(machine.due == at(600))
        #expect(machine.receive([EnginePacket(kind: .pong)], now: at(320)) == [], "a pong that nobody asked for moves nothing")
        #expect(machine.due == at(600))
    }

    @Test("without a pong in time the session ends, also if the clock was late")
    func silence() {
        var punctual = machine()
        _ = punctual.tick(now: at(300))
        #expect(punctual.tick(now: at(499)) == [])
        #expect(punctual.tick(now: at(500)) == [.end(.silent)])
        var late = machine()
        #expect(late.poll(1, now: at(500)) == [.end(.silent), .refuse(poll: 1)])
    }

    @Test("messages are handed on, a close frees the poll, and what a client must not send ends the session")
    func receiving() {
        var machine = machine()
        _ = machine.poll(1, now: at(1))
        #expect(
            machine.receive([message("a"), EnginePacket(kind: .close), message("b")], now: at(2)) == [
                .received(message("a")), .respond(poll: 1, [.noop]), .end(.closed),
            ])
        for kind in [EnginePacket.Kind.open, .ping, .upgrade, .noop] {
            var other = self.machine()
            #expect(other.receive([EnginePacket(kind: kind), message("b")], now: at(1)) == [.end(.malformed)])
        }
        var malformed = self.machine()
        #expect(malformed.receiveMalformed() == [.end(.malformed)])
    }

    @Test("more than the buffer allows ends the session")
    func buffer() {
        var machine = machine()
        let size = 1_000 - PollingMachine.overhead
        #expect(machine.send(message(String(repeating: "x", count: size))) == [])
        #expect(machine.send(message("")) == [.end(.tooSlow)])
    }

    @Test("while a WebSocket probes, a poll is let go after a moment; with the upgrade one that waits is refused")
    func upgrade() {
        var machine = machine()
        machine.probe(now: at(0))
        _ = machine.poll(1, now: at(50))
        #expect(machine.tick(now: at(99)) == [])
        #expect(machine.tick(now: at(100)) == [.respond(poll: 1, [.noop])])
        _ = machine.send(message("rest"))
        _ = machine.poll(2, now: at(150))
        _ = machine.send(message("rest"))
        var other = machine
        let (actions, rest) = machine.upgrade()
        #expect(actions == [] && rest == [message("rest")])
        #expect(machine.poll(3, now: at(160)) == [.refuse(poll: 3)])
        _ = other.poll(3, now: at(160))
        _ = other.poll
        other.endProbe()
        #expect(other.due == at(300))
        var waiting = self.machine()
        _ = waiting.poll(1, now: at(1))
        #expect(waiting.upgrade().actions == [.refuse(poll: 1)])
    }

    @Test("the server's end is told to a poll that waits")
    func dismissal() {
        var machine = machine()
        _ = machine.poll(1, now: at(1))
        #expect(machine.dismiss() == [.respond(poll: 1, [.close]), .end(.dismissed)])
        #expect(machine.dismiss() == [])
    }
}
