import Mosquitto
import TallywireCore

/// What a message of scans asks for, and how far that is.
struct ScanOrder: Equatable, Sendable {
    let addressee: Addressee
    /// The message's own id, or the one that was made for it.
    let id: String
    let grouping: ScanPayload.Grouping
    /// At least one.
    var items: [Item]
    /// The source of its commands.
    let source: String
    /// How far the device's clock may be ahead of the server's.
    let clockSkew: Duration
    let bounce: Duration?
    let tagWindow: Duration?

    /// A movement, with what tells its scan from another.
    struct Item: Equatable, Sendable {
        var movement: Movement
        /// The index of its scan in the message.
        let index: Int
        /// What tells it from the scan of something else by the same device: the code or the tag.
        var key: String
        /// Whether it is a tag's, which is seen again and again.
        let isTag: Bool
        /// The id that the sender gave, or the one that was made.
        var id = ""
        var idIsGiven = false
        var progress = Progress.open

        var isOpen: Bool { if case .open = progress { true } else { false } }
    }

    enum Progress: Equatable, Sendable {
        case open
        /// It was counted before, and is not submitted.
        case skipped
        case decided(Outcome)
    }

    /// The command that an item is submitted as.
    func command(for item: Item) -> Command {
        // An id that was made here is of the packet, and so the whole journal's.
        Command(
            id: item.id, device: item.idIsGiven ? addressee.name : nil, source: source, clockSkew: clockSkew,
            action: .move(item.movement))
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
