import Foundation
import TallywireCore

/// Whether the machine's clock can be believed: events bear its time.
struct ClockCheck: Sendable {
    /// The difference to another machine's clock that is not told, in seconds: HTTP gives whole seconds, and an answer takes its time.
    static let allowance = 3.0

    /// What the kernel says about NTP; `nil` if it does not tell.
    var isSynchronised: Bool?
    let now: Timestamp
    /// The clock of the server that was asked; `nil` if it was not.
    var server: Timestamp?
    /// The time of the journal's newest event; `nil` if that is not known.
    var newestEvent: Timestamp?

    var findings: [Finding] { [synchronisation] + [serverClock, events].compactMap(\.self) }

    private var synchronisation: Finding {
        switch isSynchronised {
        case true?: .ok("clock", "is synchronised")
        case false?:
            .warning(
                "clock", "is not synchronised: it drifts, and events bear wrong times",
                "start a time service: timedatectl set-ntp true, or install chrony. In a container or virtual machine, look at the host"
            )
        case nil: .warning("clock", "whether it is synchronised cannot be told", "look with: timedatectl, or chronyc tracking")
        }
    }

    private var serverClock: Finding? {
        guard let server else { return nil }
        let seconds = Double(server.milliseconds - now.milliseconds) / 1000
        let size = String(format: "%.0f s", abs(seconds))
        guard abs(seconds) > Self.allowance else { return .ok("clock", "agrees with the server's") }
        return .warning(
            "clock", "the server's clock is \(size) \(seconds > 0 ? "ahead of" : "behind") this machine's",
            "synchronise both machines with the same time service")
    }

    private var events: Finding? {
        guard let newestEvent else { return nil }
        let seconds = Double(newestEvent.milliseconds - now.milliseconds) / 1000
        guard seconds > Self.allowance else { return nil }
        return .wrong(
            "clock", "the newest event bears \(newestEvent), which is \(String(format: "%.0f s", seconds)) in the future",
            "set this clock right, if it is behind. If the server's clock was ahead, its log and tallywire_clock_steps_total say so"
        )
    }
}
