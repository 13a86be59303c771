import HTTPEndpoints
import NIOCore
import NIOHTTP1
import RoomHub
import Synchronization
import TallywireAccess
import WebSocketServer

/// An Engine.IO session whose client polls, on the event loop of its first request.
final class PollingSession: EngineLink {
    let sid: String
    private let engine: EngineServer
    private let application: any EngineApplication
    private let caller: IPAddress?
    private let loop: any EventLoop
    private var machine: PollingMachine
    private var promises: [Int: EventLoopPromise<EndpointResponse>] = [:]
    private var polls = 0
    private var timer: Scheduled<Void>?
    /// Whether the session is counted in the hub.
    private var isCounted = true

    /// Begins a session of a caller that the engine admitted. The hub counts it from now on.
    init(_ engine: EngineServer, _ application: any EngineApplication, of caller: IPAddress?, on loop: any EventLoop) {
        self.caller = caller
        sid = EngineHandshake.newID()
        self.engine = engine
        self.application = application
        self.loop = loop
        let configuration = engine.configuration
        machine = PollingMachine(
            .init(
                pingInterval: TimeAmount(configuration.pingInterval), pingTimeout: TimeAmount(configuration.pingTimeout),
                buffer: configuration.hub.limits.buffer),
            now: loop.now)
        engine.add(self, on: loop)
        let isStopping = engine.hub.open(self, on: loop)
        application.opened(self, on: loop)
        schedule()
        if isStopping { goAway() }
    }

    // MARK: Requests

    /// Waits for something to say. The number names the poll for ``forget(_:)``.
    func poll(_ promise: EventLoopPromise<EndpointResponse>) -> Int {
        polls += 1
        promises[polls] = promise
        engine.server.polls.wrappingAdd(1, ordering: .relaxed)
        let number = polls
        carryOut(machine.poll(number, now: loop.now))
        if machine.poll != nil { application.becameWritable() }
        return number
    }

    /// The client of a poll has gone away.
    func forget(_ number: Int) {
        machine.forget(number)
        takePromise(number)?.fail(CancellationError())
        application.paused()
    }

    /// Takes a body. Returns whether it was Engine.IO.
    func receive(_ body: ByteBuffer) -> EndpointResponse {
        guard machine.isOpen else { return .unknownSession }
        do throws(MalformedPacket) {
            carryOut(machine.receive(try EnginePayload.packets(body), now: loop.now))
            return .text(ByteBuffer(string: "ok"))
        } catch {
            carryOut(machine.receiveMalformed())
            return .malformed(error)
        }
    }

    private func carryOut(_ actions: [PollingMachine.Action]) {
        for action in actions {
            switch action {
            case .respond(let poll, let packets):
                respond(poll, EnginePayload.body(packets))
            case .refuse(let poll): takePromise(poll)?.succeed(.unknownSession)
            case .received(let packet): application.received(packet.payload, isText: !packet.isBinary)
            case .end(let reason): end(reason.code)
            }
        }
        schedule()
    }

    private func respond(_ poll: Int, _ body: ByteBuffer) {
        // Events that come from now on are read from the journal at the next poll.
        if machine.isOpen { application.paused() }
        takePromise(poll)?.succeed(.text(body))
    }

    private func takePromise(_ poll: Int) -> EventLoopPromise<EndpointResponse>? {
        guard let promise = promises.removeValue(forKey: poll) else { return nil }
        engine.server.polls.wrappingSubtract(1, ordering: .relaxed)
        return promise
    }

    private func end(_ code: CloseCode) {
        guard isCounted else { return }
        leave(code)
        application.ended()
    }

    private func leave(_ code: CloseCode?) {
        isCounted = false
        timer?.cancel()
        timer = nil
        engine.hub.closed(self, on: loop, code: code)
        engine.release(caller)
        if code != nil { engine.remove(sid) }
    }

    // MARK: Time

    private func schedule() {
        timer?.cancel()
        timer = nil
        guard machine.isOpen else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(deadline: machine.due) { bound.value.tick() }
    }

    private func tick() { carryOut(machine.tick(now: loop.now)) }

    // MARK: EngineLink

    var connection: WebSocketConnection? { nil }
    var isWritable: Bool { machine.isOpen && machine.poll != nil }

    func send(_ packet: EnginePacket) { carryOut(machine.send(packet)) }

    func send(frames: [ByteBuffer]) -> Bool {
        guard machine.isOpen, let poll = machine.takePoll() else { return false }
        respond(poll, EnginePayload.body(frames: frames))
        return true
    }

    func close(_ code: CloseCode, reason: String) {
        guard isCounted else { return }
        _ = machine.dismiss().map { action in
            if case .respond(let poll, let packets) = action { respond(poll, EnginePayload.body(packets)) }
        }
        end(code)
    }

    // MARK: Changing over to a WebSocket

    /// A WebSocket probes the session. Returns whether it can.
    func probe() -> Bool {
        guard machine.isOpen else { return false }
        machine.probe(now: loop.now)
        schedule()
        return true
    }

    func endProbe() {
        machine.endProbe()
        engine.releaseProbe(sid)
    }

    /// Ends on this event loop and returns what goes on over the WebSocket; `nil` if the session has ended.
    func upgrade() -> Upgraded? {
        guard machine.isOpen else { return nil }
        application.paused()
        let (actions, rest) = machine.upgrade()
        carryOut(actions)
        let detached = application.detach()
        engine.addSocket(sid)
        leave(nil)
        return Upgraded(application: detached, rest: rest)
    }

    /// A session between its polls and its WebSocket.
    struct Upgraded: Sendable {
        let application: DetachedApplication
        /// What still has to be sent.
        let rest: [EnginePacket]
    }
}

extension PollingSession: HubVisitor {
    func goAway() { close(.goingAway, reason: "the server ends") }
}

extension PollingMachine.End {
    /// The code under which the end is counted.
    var code: CloseCode {
        switch self {
        case .closed: .normal
        case .malformed: .protocolError
        case .silent: .lost
        case .tooSlow: .tooSlow
        case .dismissed: .goingAway
        }
    }
}

extension EndpointResponse {
    static func text(_ body: ByteBuffer) -> EndpointResponse { .answer(contentType: "text/plain; charset=UTF-8", body) }

    static let unknownSession = EndpointResponse.refuse(
        .badRequest, code: "unknown_session", message: "there is no session with this sid that polls: begin a new one")

    static func malformed(_ mistake: MalformedPacket) -> EndpointResponse {
        .refuse(.badRequest, code: "invalid_request", message: mistake.message)
    }
}
