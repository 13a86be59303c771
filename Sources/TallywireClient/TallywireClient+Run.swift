import Backoff
import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket
import TallywireProtocol

extension TallywireClient {
    /// Connects, and connects again whenever the connection is lost, until the task is cancelled; then it returns. With several
    /// addresses each next attempt is made at the next one. All of the client's work runs within this call. Once it has returned, all sequences of updates have ended, waiting callers were thrown
    /// `closed`, and the socket is closed.
    ///
    /// ``run()`` may be called again afterwards: items are kept, and the rooms continue from their positions.
    ///
    /// - Throws: ``Failure`` with `invalid_url` or `already_running`, and the error of NIOSSL for a TLS configuration that cannot
    ///   be used. Failures of connections are reported through ``states`` and ``failures``.
    public func run() async throws {
        let nodes = try Handshake.nodes(configuration)
        try act { core in
            if core.isRunning { throw Failure(.alreadyRunning, "the client runs already") }
            core.isRunning = true
        }
        defer { act { $0.close() }() }
        var pauses = Pauses(Backoff(initial: configuration.minDelay, maximum: configuration.maxDelay), addresses: nodes.count)
        var age: Scheduled<Void>?
        defer { age?.cancel() }
        while !Task.isCancelled {
            let node = nodes[pauses.address]
            act { $0.connect(to: node.url, now: .now) }
            let ended = await attempt(node)
            if Task.isCancelled { return }
            let life = ended.wasLiveSince.map { ContinuousClock.now - $0 }
            // A server that is away for long gets one log line, not one for each attempt.
            logger.log(
                level: life == nil ? .debug : .info, "connection ended",
                metadata: ["server": "\(node.address.authority)", "failure": "\(ended.failure?.description ?? "none")"])
            if life != nil {
                age?.cancel()
                age = MultiThreadedEventLoopGroup.singleton.any()
                    .scheduleTask(in: TimeAmount(configuration.staleAfter) + .milliseconds(1)) { [weak self] in
                        self?.act { $0.lookAtAge(.now) }
                    }
            }
            if ended.failure?.code == .unauthenticated { tokens.discard() }
            let pause = pauses.next(after: ended, live: life, canRenew: tokens.canRenew, chance: .random(in: 0..<1))
            await wait(pause, ended.failure)
        }
    }

    /// Waits before the next attempt.
    private func wait(_ pause: Duration, _ failure: Failure?) async {
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        act { core in
            core.endPause = { signal.yield() }
            core.set(.waiting(until: Date(timeIntervalSinceNow: pause / .seconds(1))), failure, now: .now)
        }
        await withTaskGroup { group in
            group.addTask { try? await Task.sleep(for: pause, clock: .continuous) }
            group.addTask { for await _ in signals { return } }
            await group.next()
            group.cancelAll()
        }
        act { $0.endPause = nil }
    }

    /// Makes one connection and uses it until it ends.
    private func attempt(_ handshake: Handshake) async -> Core.Ended {
        do {
            let token = try await tokens.get()
            return await converse(try await handshake.open(token: token), token)
        } catch let refusal as Handshake.Refusal {
            // ``states`` reports that no server answers. Other failures need somebody's attention.
            if ![.disconnected, .noAnswer].contains(refusal.failure.code) { act { $0.report(refusal.failure) } }
            return Core.Ended(failure: refusal.failure, comeBackAfter: refusal.retryAfter)
        } catch let failure as Failure {
            act { $0.report(failure) }
            return Core.Ended(failure: failure)
        } catch {
            // The task was cancelled.
            return Core.Ended()
        }
    }

    private func converse(_ opened: Handshake.Opened, _ token: String?) async -> Core.Ended {
        let (renewals, renewal) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let frames = opened.frames
        let link = Link(frames.channel) { [weak self] in self?.act { $0.tick(.now) } }
        let now = Instant.now
        act { core in
            core.begin(
                Session(
                    link.wire, token: token, renewals: renewal, now: now, deadline: now + configuration.connectTimeout),
                at: opened.node)
        }
        var closing: Failure
        do {
            closing = try await frames.executeThenClose { frames, _ in
                try await withThrowingTaskGroup(of: Failure.self) { group in
                    group.addTask { try await self.read(frames, link) }
                    group.addTask { await self.renew(renewals) }
                    defer { group.cancelAll() }
                    return try await group.next() ?? Failure(.disconnected, "the connection ended")
                }
            }
        } catch {
            closing = Failure(.disconnected, "the connection broke: \(error)")
        }
        link.end()
        var ended = act { $0.endSession() }
        ended.failure = ended.failure ?? closing
        return ended
    }

    /// Takes frames until the connection ends. Returns how it ended.
    private func read(_ frames: NIOAsyncChannelInboundStream<WebSocketFrame>, _ link: Link) async throws -> Failure {
        do {
            for try await frame in frames {
                switch frame.opcode {
                case .text: take(frame.unmaskedData)
                case .ping: link.pong(frame.unmaskedData)
                case .connectionClose:
                    var payload = frame.unmaskedData
                    let code = payload.readWebSocketErrorCode()
                    link.sendClose(code ?? .normalClosure)
                    return failure(code, reason: String(buffer: payload))
                default: break
                }
            }
        } catch is CancellationError {
            // The failure below says all that is known.
        }
        if Task.isCancelled { link.sendClose() }
        return Failure(.disconnected, "the connection ended")
    }

    private func take(_ payload: ByteBuffer) {
        do {
            let message = try Received(Array(payload.readableBytesView))
            act { $0.receive(message, now: .now) }
        } catch {
            logger.warning("message passed over", metadata: ["error": "\(error)"])
            act { $0.report(error as? Failure ?? Failure(.invalidMessage, "the server sent what is no message: \(error)")) }
        }
    }

    private func failure(_ code: WebSocketErrorCode?, reason: String) -> Failure {
        let number = code.map { UInt16(webSocketErrorCode: $0) } ?? 1005
        let message = reason.isEmpty ? "the server closed the connection (\(number))" : reason
        return switch (number, ClosingCode(rawValue: number)) {
        case (1013, _): Failure(.serverOverloaded, message)
        case (_, .tokenExpired): Failure(.unauthenticated, message)
        case (_, .forbidden): Failure(.forbidden, message)
        default: Failure(.disconnected, message)
        }
    }

    /// Gets another token each time before the last one expires.
    private func renew(_ shown: AsyncStream<String>) async -> Failure {
        for await token in shown {
            guard var pause = Tokens.renewal(of: token) else { continue }
            while !Task.isCancelled {
                try? await Task.sleep(for: pause, clock: .continuous)
                if Task.isCancelled { break }
                tokens.discard()
                do {
                    if let token = try await tokens.get() { act { $0.authenticate(token) } }
                    break
                } catch {
                    if let failure = error as? Failure { act { $0.report(failure) } }
                    pause = .seconds(5)
                }
            }
        }
        return Failure(.disconnected, "the connection ended")
    }
}
