/// What a service tells systemd about itself, as sd_notify(3) describes it.
public enum ServiceNotification: Equatable, Sendable {
    /// The most characters of a status.
    static let statusLimit = 200

    /// The service does its work. `status` is the line that `systemctl status` shows; `nil` leaves the line as it is.
    case ready(status: String?)
    /// The service reads its configuration again, since `microseconds` of CLOCK_MONOTONIC. ``ready(status:)`` ends that.
    case reloading(microseconds: UInt64)
    /// The service ends.
    case stopping
    /// The service is alive: systemd waits another period of the watchdog.
    case watchdog

    /// The datagram's text. Line ends in a status are spaces there, since a line is a variable.
    public var text: String {
        switch self {
        case .ready(nil): "READY=1"
        case .ready(let status?): "READY=1\nSTATUS=\(Self.line(status))"
        case .reloading(let microseconds): "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
        case .stopping: "STOPPING=1"
        case .watchdog: "WATCHDOG=1"
        }
    }

    private static func line(_ status: String) -> String {
        String(status.prefix(statusLimit).map { $0.isNewline ? " " : $0 })
    }
}
