/// How often systemd wants to hear that a service is alive: `WatchdogSec=` of its unit.
public enum WatchdogPeriod {
    /// The period from `WATCHDOG_USEC`. `nil` if it is not set, or meant for another process than `process` (`WATCHDOG_PID`). Throws
    /// ``SystemdError`` if it is no number above 0.
    public static func period(environment: [String: String], process: Int32) throws -> Duration? {
        guard let text = environment["WATCHDOG_USEC"] else { return nil }
        if let owner = environment["WATCHDOG_PID"], owner != "\(process)" { return nil }
        guard let microseconds = Int64(text), microseconds > 0 else {
            throw SystemdError("WATCHDOG_USEC “\(text)” is no number of microseconds above 0: leave it to systemd to set it")
        }
        return .microseconds(microseconds)
    }
}
