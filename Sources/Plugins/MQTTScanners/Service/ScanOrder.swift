import Mosquitto
import TallywireCore

/// What a message of scans asks for.
struct ScanOrder: Equatable, Sendable {
    let addressee: Addressee
    /// The message's own id, or the one that was made for it.
    let id: String
    let grouping: ScanPayload.Grouping
    /// At least one.
    var tasks: [Task]
    let bounce: Duration?
    let tagWindow: Duration?

    /// A movement, with what tells its scan from another.
    struct Task: Equatable, Sendable {
        var command: Command
        /// The place of its scan in the message.
        let index: Int
        let key: String
        let isTag: Bool
        /// Whether the sender gave the id.
        let idIsGiven: Bool
    }
}

/// Who sent a message, and how he is answered.
struct Addressee: Equatable, Sendable {
    /// The device of the topic: a scanner, or the gateway of several.
    let device: String
    /// The device that scanned.
    var name: String
    /// Its own way to be answered, if it is set up.
    var feedback: Feedback?

    struct Feedback: Equatable, Sendable {
        let way: ScanPayload.Feedback
        let options: FeedbackOptions

        func messages(for reply: ScanReply, now: Timestamp) -> [MQTTMessage] {
            switch way {
            case .proGlove(let gateway, let device):
                ProGloveFeedback(options: options, gateway: gateway, device: device).messages(for: reply, now: now)
            }
        }
    }
}
