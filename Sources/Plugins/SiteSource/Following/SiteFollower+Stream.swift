import AsyncHTTPClient
import Foundation
import NIOCore
import TallywireCore
import TallywirePipeline

extension SiteFollower {
    /// What happens while a site is followed.
    private enum Step: Sendable {
        case bytes(ByteBuffer)
        case tick
        case ended((any Error)?)
    }

    /// Applies the events after `position` until the stream ends. Throws what ended it, and nothing if the site ended it.
    func followStream(after position: JournalPosition) async throws {
        let body = try await client.stream(after: position)
        let (steps, step) = AsyncStream<Step>.makeStream()
        let (asks, ask) = AsyncStream<Void>.makeStream()
        defer {
            step.finish()
            ask.finish()
        }
        context.status.update { $0.state = "following" }
        showMissing()
        let interval = options.recheck
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // The next bytes are read once these are applied, so that the site does not send faster than they can be.
                do {
                    var asks = asks.makeAsyncIterator()
                    for try await bytes in body {
                        step.yield(.bytes(bytes))
                        _ = await asks.next()
                    }
                    step.yield(.ended(nil))
                } catch {
                    step.yield(.ended(error))
                }
            }
            group.addTask {
                while true {
                    do { try await Task.sleep(for: interval) } catch { return }
                    step.yield(.tick)
                }
            }
            defer { group.cancelAll() }
            try await take(steps) { ask.yield() }
        }
    }

    private func take(_ steps: AsyncStream<Step>, _ ask: @Sendable () -> Void) async throws {
        var parser = StreamParser()
        var lastLook = ContinuousClock.now
        var steps = steps.makeAsyncIterator()
        while let step = await steps.next() {
            switch step {
            case .bytes(let bytes):
                try await take(try Self.blocks(in: bytes, &parser))
                ask()
            case .tick: lastLook = try await look(after: lastLook)
            case .ended(let error): return try end(error)
            }
        }
        try Task.checkCancellation()
    }

    /// By itself, since the compiler does not survive what it makes of this in the loop above (Swift 6.3.1, with optimization).
    @inline(never)
    private static func blocks(in bytes: ByteBuffer, _ parser: inout StreamParser) throws -> [StreamParser.Block] {
        try parser.take(bytes.readableBytesView)
    }

    private func end(_ error: (any Error)?) throws {
        if let error { throw client.failure(error) }
    }

    /// Looks at what is missing, unless that was done a moment ago: while events were applied, several ticks may have come. Returns when
    /// it was done last.
    private func look(after last: ContinuousClock.Instant) async throws -> ContinuousClock.Instant {
        guard ContinuousClock.now - last >= options.recheck / 2 else { return last }
        try await lookAtMissing()
        return .now
    }

    private func take(_ blocks: [StreamParser.Block]) async throws {
        var events: [Event] = []
        var last: UInt64?
        for block in blocks {
            guard let id = block.id else { continue }
            guard let at = JournalPosition(id) else {
                throw SiteFailure("\(client.place) sent an event with the id “\(id.excerpt)”")
            }
            if block.event == "reset" || at.epoch != position?.epoch {
                throw NeedsSnapshot(reason: "\(client.place) does not have the events after \(position.map { "\($0)" } ?? "")")
            }
            last = at.seq
            if let data = block.data { events.append(try read(data)) }
        }
        guard let last else { return }
        try await apply(events)
        try await advance(to: last)
        showMissing()
    }

    private func read(_ data: String) throws -> Event {
        do {
            return try JSONDecoder().decode(Event.self, from: Data(data.utf8))
        } catch {
            context.status.update { $0.malformed += 1 }
            throw SiteFailure(
                "\(client.place) sent an event that this version cannot read: \(error). Update this server first, then the site")
        }
    }
}
