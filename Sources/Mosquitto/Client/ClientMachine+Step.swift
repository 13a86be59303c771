import Logging

/// What the machine and the loop tell each other.
extension ClientMachine {
    /// What the loop does in a round.
    enum Step {
        case connect(to: BrokerAddress, version: MQTTVersion)
        /// Waits for a signal; without a limit for ever.
        case pause(upTo: Duration?)
        /// Publishes and writes, waits for input and reads it.
        case exchange
        /// Waits for input and reads it if more may be held, and writes pings.
        case hold(reads: Bool, upTo: Duration?)
        case stop(Goodbye?)
    }

    /// The client disconnects. The last acknowledgements, the farewell and DISCONNECT have to leave until `end`.
    struct Goodbye: Equatable {
        let farewell: MQTTMessage?
        let end: Instant
    }

    enum Action {
        case closeLog
        /// Publishes the birth; a failure is told with ``birthFailed(_:)``.
        case publishBirth(MQTTMessage)
        /// Subscribes; the result is told with ``subscribing(_:)``.
        case subscribe([String])
        case log(Logger.Level, String, Logger.Metadata)
        case report(MQTTConnectionState)
    }

    /// What libmosquitto says of a connection that has ended, or that the machine ends.
    struct End {
        enum Cause { case closedByPeer, unansweredPing, other }

        var cause = Cause.other
        var reason: String
        var tlsProblem: String?
        /// Whether the TLS handshake was done; `nil` without TLS.
        var isEncrypted: Bool?
    }
}
