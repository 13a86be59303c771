import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// Ends the wait for a body that does not come: when its time is over, it closes the connection's input, so that reading ends and the
/// request can still be answered.
///
/// It is a timer of the connection's event loop and not a sleeping task, because one is started for every request with a body, and
/// a sleep that is cancelled stays among the process's timers until its time is over. Safe from any task.
final class BodyTimer: Sendable {
    private struct State {
        var timer: Scheduled<Void>?
        var hasExpired = false
    }

    private let channel: any Channel
    private let limit: TimeAmount
    private let state = Mutex(State())

    /// A timer that is not running yet. Whoever makes one is about to read, so a peer that waits for `100 Continue` gets it.
    init(of request: Request, channel: any Channel, limit: Duration) {
        if request.headers[.expect] != nil { channel.triggerUserOutboundEvent(BodyWanted(), promise: nil) }
        self.channel = channel
        self.limit = TimeAmount(limit)
    }

    /// Whether the time was over. What has been read of the body is then not all of it.
    var hasExpired: Bool { state.withLock { $0.hasExpired } }

    /// Begins to wait for the body, or for its next piece.
    func start() {
        let timer = channel.eventLoop.scheduleTask(in: limit) { [self] in
            state.withLock { $0.hasExpired = true }
            channel.close(mode: .input, promise: nil)
        }
        state.withLock { $0.timer = timer }
    }

    /// Waits no longer.
    func stop() {
        let timer = state.withLock { state in
            defer { state.timer = nil }
            return state.timer
        }
        timer?.cancel()
    }
}
