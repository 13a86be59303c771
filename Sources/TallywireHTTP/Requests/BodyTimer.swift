import HTTPPort
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// Ends the wait for a body that does not come. When the time is over, the timer closes the connection's input, so that reading
/// ends and the request can still get a response.
///
/// A timer of the connection's event loop is used, and not a sleeping task, because one is started for every request with a body. A
/// cancelled sleep stays among the process's timers until its time is over. Safe from any task.
final class BodyTimer: Sendable {
    private struct State {
        var timer: Scheduled<Void>?
        var hasExpired = false
    }

    private let channel: any Channel
    private let limit: TimeAmount
    private let state = Mutex(State())

    /// A timer that is not running yet. The caller is about to read, so a peer that waits for `100 Continue` gets it.
    init(of request: Request, channel: any Channel, limit: Duration) {
        if request.headers[.expect] != nil { channel.triggerUserOutboundEvent(BodyWanted(), promise: nil) }
        self.channel = channel
        self.limit = TimeAmount(limit)
    }

    /// Whether the time was over. If so, the part of the body that was read is incomplete.
    var hasExpired: Bool { state.withLock { $0.hasExpired } }

    /// Starts the time for the body, or for its next piece.
    func start() {
        let timer = channel.eventLoop.scheduleTask(in: limit) { [self] in
            state.withLock { $0.hasExpired = true }
            channel.close(mode: .input, promise: nil)
        }
        state.withLock { $0.timer = timer }
    }

    /// Stops the timer.
    func stop() {
        let timer = state.withLock { state in
            defer { state.timer = nil }
            return state.timer
        }
        timer?.cancel()
    }
}
