import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// Events as Server-Sent Events (the HTML standard, section 9.2): those after a position, and then each one when it is committed.
///
/// A stream reads the feed at its client's pace: it reads the next events once the client has taken the last piece. So a slow
/// client costs its position and the piece that is being sent, and the journal supplies the events that it is behind. Each block
/// has its position as `id`, so that a client that comes back continues there, with no gap and no repeat.
struct EventStream: Sendable {
    let feed: Feed
    let epoch: String
    let start: Start
    /// The types of events that are sent; `nil` for all.
    let types: Set<EventType>?
    let limits: HTTPLimits
    let channel: any Channel
    /// Whether the client may still read. It may not once its token has expired or its key was withdrawn.
    let isAllowed: @Sendable () -> Bool

    static let mediaType = "text/event-stream"

    /// Where a stream begins.
    enum Start: Equatable {
        /// With the events after this one.
        case after(UInt64)
        /// With a `reset`, since the client's position is not one of this journal.
        case reset
    }

    /// Sends events until the feed ends, the client disconnects, or the client reads nothing for too long.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        let timer = EventStreamTimer(channel: channel, feed: feed, epoch: epoch, limits: limits, isAllowed: isAllowed)
        do {
            try await send(to: &writer, timer)
        } catch {
            await timer.stop()
            throw error
        }
        await timer.stop()
        try await writer.finish(nil)
    }

    private func send(to writer: inout any ResponseBodyWriter, _ timer: EventStreamTimer) async throws {
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
        try await timer.write(output.take(), at: position, to: &writer)
        timer.start()
        while true {
            do {
                guard let events = try await feed.next(after: position, limit: 256, maxBytes: limits.streamPiece) else { return }
                for event in events where types?.contains(event.type) != false { output.event(event) }
                position = events.last?.seq ?? position
            } catch let error as JournalError where error.code == .pruned {
                position = feed.head
                output.reset(at: position)
            }
            try await timer.write(output.take(), at: position, to: &writer)
        }
    }
}

/// Counts the open streams, and limits their number. Safe from any task.
final class EventStreamSlots: Sendable {
    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Streams that are open now.
    var count: Int { open.load(ordering: .relaxed) }

    /// Returns a slot, which is free again when nothing refers to it any more: a response may be dropped before it begins. `nil` if
    /// all are taken.
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
