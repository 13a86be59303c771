import TallywireCore
import TallywireProtocol

extension TallywireClient.Core {
    /// While something is still to come, the server is asked how far it is: after the first pause, then after longer pauses up to
    /// the last.
    private static let recoveryPulse = (first: Duration.milliseconds(20), last: Duration.milliseconds(250))
    /// The pause after the server has refused a message because there were too many.
    private static let ratePause = Duration.seconds(1)

    // MARK: What comes

    mutating func receive(_ received: TallywireClient.Received, now: TallywireClient.Instant) {
        guard let session else { return }
        self.session?.lastHeard = now
        if session.isWelcomed { self.session?.deadline = nil }
        switch received {
        case .message(let message): receive(message, now)
        case .page(.snapshot(let name, _, let since), let page): replica.take(page, of: name, isPartial: since != nil)
        case .page(.tracking(_, let answers), let page):
            let answered = session.tracks.prefix(answers)
            replica.takeTracking(
                page,
                asked: ClientMessage.Items(products: answered.flatMap(\.products), variants: answered.flatMap(\.variants)))
            if page.isLast { self.session?.tracks.removeFirst(answered.count) }
        case .event(let event): replica.take(event)
        case .other: break
        }
        hear(now)
        updatePhase(now)
    }

    private mutating func receive(_ message: ServerMessage, _ now: TallywireClient.Instant) {
        switch message {
        case .welcome(let welcome): take(welcome, now)
        case .authenticated: authenticated(now)
        case .goingAway(let pause): session?.comeBackAfter = pause
        case .error(let code, let text): error(TallywireClient.Failure.Code(code), text, now)
        case .left(let name, let code?):
            refuse(name, TallywireClient.Failure(.init(code), "the token does not allow this room", room: name))
        case .joined(let name, _, let seq, let isRecovered): replica.joined(name, at: seq, isRecovered: isRecovered)
        case .pong(let id, let seq):
            if case .number(let number)? = id { session?.requests.pong(number) }
            replica.pong(seq)
        case .left, .untracked: break
        }
    }

    private mutating func take(_ welcome: ServerMessage.Welcome, _ now: TallywireClient.Instant) {
        replica.welcome(epoch: welcome.epoch, seq: welcome.seq)
        if let node = welcome.node { note(node: node) }
        session?.isWelcomed = true
        session?.deadline = nil
        session?.pingInterval = max(welcome.pingInterval, .milliseconds(100))
        session?.messageBytes = welcome.messageBytes
        session?.heartbeat = now + welcome.pingInterval
        expectPulse(within: welcome.pingInterval + configuration.pongTimeout)
        set(.recovering, now: now)
        showed(session?.token)
        for name in replica.follows.rooms.keys { join(name, now) }
        track(replica.follows.tracked, now)
    }

    /// Notes that a token was shown, which has to be renewed before it expires.
    private mutating func showed(_ token: String?) {
        guard let token, let renewals = session?.renewals else { return }
        afterwards.append { renewals.yield(token) }
    }

    private mutating func authenticated(_ now: TallywireClient.Instant) {
        showed(session?.token)
        // This token may allow rooms that the last one did not.
        for room in replica.follows.rooms.values where room.refusal != nil { join(room.name, now) }
    }

    private mutating func error(_ code: TallywireClient.Failure.Code, _ text: String, _ now: TallywireClient.Instant) {
        let kind = code == .tooManyItems ? nil : session?.requests.first
        let failure = TallywireClient.Failure(code, text, room: kind?.room)
        if code != .rateLimited { report(failure) }
        switch kind {
        case nil where code == .tooManyItems:
            // The error comes in place of values that were to come.
            if let name = replica.follows.rooms.values.first(where: { $0.stage == .values })?.name {
                replica.follows.rooms[name]?.stage = .joined
            } else if session?.tracks.isEmpty == false {
                session?.tracks.removeFirst()
            }
        case .auth: session?.fail(failure)
        case .join(let name):
            replica.follows.rooms[name]?.stage = .out
            if code == .rateLimited {
                session?.again = now + Self.ratePause
            } else if code == .unauthenticated {
                session?.fail(failure)
            } else {
                refuse(name, failure)
            }
        case .track(let ids):
            session?.tracks.removeAll { $0 == ids }
            if code == .rateLimited {
                session?.again = now + Self.ratePause
            } else {
                replica.follows.untrack(ids)
                waiters.reject(.tracked, failure)
            }
        case .leave, .untrack, nil: break
        }
    }

    /// Notes that the server refuses a room to this client, or refuses it from now on.
    private mutating func refuse(_ name: String, _ failure: TallywireClient.Failure) {
        guard let room = replica.follows.rooms[name] else { return }
        if room.stage == .joined { report(failure) }
        replica.follows.rooms[name]?.stage = .out
        replica.follows.rooms[name]?.refusal = failure
        if waiters.has(.room(name)) {
            // A caller waits for the room and gets the failure. The room is then no longer wanted, unless the configuration names
            // it.
            if !configuration.rooms.contains(name) { replica.follows.rooms[name] = nil }
            waiters.reject(.room(name), failure)
        }
        replica.dropUnfollowed()
    }

    // MARK: What is asked

    /// Sends a token that replaces the last one.
    mutating func authenticate(_ token: String) {
        session?.token = token
        session?.request(.auth(token: token), .auth)
    }

    mutating func join(_ name: String, _ now: TallywireClient.Instant) {
        guard session?.isWelcomed == true, let room = replica.follows.rooms[name], room.stage == .out else { return }
        replica.follows.rooms[name]?.stage = .joining
        session?.request(room.request(epoch: replica.epoch), .join(room: name))
        updatePhase(now)
    }

    mutating func leave(_ name: String) {
        guard replica.follows.rooms.removeValue(forKey: name) != nil else { return }
        waiters.reject(.room(name), TallywireClient.Failure(.closed, "the room was left", room: name))
        replica.dropUnfollowed()
        if session?.isWelcomed == true { session?.request(.leave(room: name), .leave(room: name)) }
        updatePhase(.now)
    }

    mutating func track(_ ids: ClientMessage.Items, _ now: TallywireClient.Instant) {
        guard let session, session.isWelcomed else { return }
        for part in ids.parts(fitting: session.messageBytes) {
            self.session?.tracks.append(part)
            self.session?.request(.track(part), .track(part))
        }
        updatePhase(now)
    }

    mutating func untrack(_ ids: ClientMessage.Items) {
        replica.follows.untrack(ids)
        replica.dropUnfollowed()
        guard let session, session.isWelcomed else { return }
        for part in ids.parts(fitting: session.messageBytes) { self.session?.request(.untrack(part), .untrack) }
    }

    /// Sends requests again that the server refused. All tracked items are sent again.
    private mutating func askAgain(_ now: TallywireClient.Instant) {
        if session?.tracks.isEmpty == true { track(replica.follows.tracked, now) }
        for room in replica.follows.rooms.values where room.refusal == nil { join(room.name, now) }
    }

    // MARK: How far it is, and whether it is alive

    mutating func updatePhase(_ now: TallywireClient.Instant) {
        guard let session, session.isWelcomed else { return }
        let isBehind =
            !session.tracks.isEmpty || replica.follows.rooms.values.contains { $0.refusal == nil && !$0.isCaughtUp }
        self.session?.isBehind = isBehind
        if isBehind {
            if session.pulse == nil { self.session?.pulse = (now + Self.recoveryPulse.first, Self.recoveryPulse.first * 2) }
        } else {
            self.session?.pulse = nil
            if session.liveSince == nil { self.session?.liveSince = now }
            if state.phase != .live { set(.live, now: now) }
        }
        settle()
    }

    /// Does everything that is due.
    mutating func tick(_ now: TallywireClient.Instant) {
        session?.alarm = nil
        guard let session else { return }
        if let deadline = session.deadline, deadline <= now {
            return self.session!.fail(TallywireClient.Failure(.noAnswer, "the server did not answer in time"))
        }
        if let heartbeat = session.heartbeat, heartbeat <= now {
            let isSilent = now - session.lastHeard >= session.pingInterval
            if isSilent { probe(within: configuration.pongTimeout, now) }
            self.session?.heartbeat = (isSilent ? now : session.lastHeard) + session.pingInterval
        }
        if let pulse = session.pulse, pulse.at <= now {
            self.session?.outbox.append(.ping(nil))
            self.session?.pulse = (now + pulse.next, min(pulse.next * 2, Self.recoveryPulse.last))
        }
        if let again = session.again, again <= now {
            self.session?.again = nil
            askAgain(now)
        }
    }

    /// Sends the waiting messages together, and requests the next tick if it is earlier than the one that was requested.
    mutating func flush() {
        if let session, !session.outbox.isEmpty {
            self.session?.outbox = []
            session.wire.send(session.outbox)
        }
        guard let session, let next = session.nextTick else { return }
        if let alarm = session.alarm, alarm <= next { return }
        self.session?.alarm = next
        session.wire.wake(next)
    }

    /// Asks the server whether it is still there.
    mutating func probe(within timeout: Duration, _ now: TallywireClient.Instant) {
        guard let session, session.isWelcomed, session.deadline == nil else { return }
        self.session?.deadline = now + timeout
        self.session?.outbox.append(.ping(nil))
    }
}
