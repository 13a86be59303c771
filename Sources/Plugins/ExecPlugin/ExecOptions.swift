import TallywireConfiguration
import TallywirePipeline

/// The options of `exec`, of a sink and of a source. The schema has their defaults.
struct ExecOptions: Decodable, Sendable {
    var command: [String]
    var environment: [String: String]
    /// `nil` for a source.
    var mode: Mode?
    var inFlight: Int
    var ackTimeout: Duration
    var grace: Duration

    enum Mode: String, Decodable, Sendable, CaseIterable {
        /// One program for all events, which acknowledges them.
        case stream
        /// A program for each event, whose exit status says what became of the event.
        case each
    }

    /// What `check --connect` finds: whether the program is there and may be executed.
    func problems() async -> [OptionError] {
        await Program(self).problem().map { [OptionError("command", message: $0)] } ?? []
    }
}
