import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// Events as Server-Sent Events (the HTML standard, section 9.2), from a position on, as they are committed.
///
/// It reads the feed at its client's own pace: what is asked for next is read once the last piece was taken. So a client that is slow
/// costs its position and the piece that is on its way to it, and what it is behind of comes from the journal. Each block bears its
/// position as its `id`, so that a client that comes back goes on where it was, without a gap and without anything twice.
struct EventStream: Sendable {
    let feed: Feed
    let epoch: String
    let start: Start
    /// The types that are sent; `nil` for all.
    let types: Set<EventType>?
    let limits: HTTPLimits
    let channel: any Channel
    /// Whether the client may still read along: its token expires, or its key is withdrawn.
    let isAllowed: @Sendable () -> Bool

    static let mediaType = "text/event-stream"

    /// Where a stream begins.
    enum Start: Equatable {
        /// With what comes after this event.
        case after(UInt64)
        /// With a `reset`, since the client's position is none of this journal.
        case reset
    }

    /// Sends events until the feed ends, the client goes away, or it reads nothing for too long.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        let pulse = EventStreamPulse(channel: channel, feed: feed, epoch: epoch, limits: limits, isAllowed: isAllowed)
        do {
            try await send(to: &writer, pulse)
        } catch {
            await pulse.stop()
            throw error
        }
        await pulse.stop()
        try await writer.finish(nil)
    }

    private func send(to writer: inout any ResponseBodyWriter, _ pulse: EventStreamPulse) async throws {
        var output = EventStreamOutput(epoch: epoch)
        // Clients that lost a server come back spread over some seconds.
        output.retry(after: .milliseconds(.random(in: 1_000...5_000)))
        var position: UInt64
        switch start {
        case .after(let seq):
            position = seq
            output.position(seq)
        case .reset:
            position = feed.head
            output.reset(at: position)
        }
        try await pulse.write(output.take(), at: position, to: &writer)
        pulse.start()
        while true {
            do {
                guard let events = try await feed.next(after: position, limit: 256, maxBytes: limits.streamPiece) else { return }
                for event in events where types?.contains(event.type) != false { output.event(event) }
                position = events.last?.seq ?? position
            } catch let error as JournalError where error.code == .pruned {
                position = feed.head
                output.reset(at: position)
            }
            try await pulse.write(output.take(), at: position, to: &writer)
        }
    }
}

/// Counts the streams that are open, and gives a place to no more than so many. Safe from any task.
final class EventStreamSlots: Sendable {
    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Streams that are open now.
    var count: Int { open.load(ordering: .relaxed) }

    /// A place, which is free again when nobody refers to it any more: an answer may be dropped before it was begun.
    func take() -> Slot? {
        guard open.add(1, ordering: .relaxed).newValue <= limit else {
            open.subtract(1, ordering: .relaxed)
            return nil
        }
        return Slot(slots: self)
    }

    final class Slot: Sendable {
        private let slots: EventStreamSlots

        fileprivate init(slots: EventStreamSlots) {
            self.slots = slots
        }

        deinit {
            slots.open.subtract(1, ordering: .relaxed)
        }
    }
}
