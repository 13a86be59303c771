import Glibc

/// The systemd that has started this process, as far as its unit asks for it: whom to tell, how often, and the socket to listen at.
///
/// For a process that something else has started there is nobody to tell: then nothing is sent, and there is no socket. A program that
/// this process starts does not inherit the socket, and systemd does not listen to it (`NotifyAccess=main`).
public struct Supervisor: Sendable {
    /// Where notifications go; `nil` for nowhere.
    public var notifications: NotifySocket?
    /// How often systemd wants to hear that the process is alive; `nil` for never.
    public var watchdog: Duration?
    /// The listening socket that was passed; `nil` for none.
    public var socket: PassedSocket?

    /// Nobody.
    public init() {}

    /// What the variables in `environment` say to `process`. Throws ``SystemdError`` if they cannot be followed.
    public init(environment: [String: String], process: Int32 = getpid()) throws {
        notifications = try NotifySocket(environment: environment)
        watchdog = try WatchdogPeriod.period(environment: environment, process: process)
        socket = try PassedSocket(environment: environment, process: process)
    }

    /// Tells systemd, if it listens. Throws ``SystemdError`` if it cannot be told.
    public func notify(_ notification: ServiceNotification) throws { try notifications?.send(notification) }

    /// The time of ``ServiceNotification/reloading(microseconds:)``.
    public static var monotonicMicroseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
    }
}
