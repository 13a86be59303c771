import Mosquitto
import TallywireCore

/// What a message of scans asks for, and which of it is decided.
struct ScanOrder: Equatable, Sendable {
    let sender: ScanSender
    /// The message's own id, or the one that was made for it.
    let id: String
    let grouping: ScanPayload.Grouping
    /// There is at least one.
    var items: [Item]
    /// The source of its commands.
    let source: String
    /// How far the device's clock may be ahead of the server's.
    let clockSkew: Duration
    let bounce: Duration?
    let tagWindow: Duration?
    /// What control codes said of the scans.
    var mode = DeviceMode()

    /// A movement, with the values that tell its scan from others.
    struct Item: Equatable, Sendable {
        var movement: Movement
        /// The index of the scan in the message.
        let index: Int
        /// The code or the tag, which tells this scan from a scan of another item by the same device.
        var key: String
        /// Whether the scan is of a tag, which is read again and again.
        let isTag: Bool
        /// The id that the sender gave, or the one that was made.
        var id = ""
        var idIsGiven = false
        var progress = Progress.open
        /// For `TW:UNDO`: the time within which the device's last scan is taken back. The movement then has no lines.
        var undo: Duration?

        var isOpen: Bool { if case .open = progress { true } else { false } }
    }

    enum Progress: Equatable, Sendable {
        case open
        /// The scan was counted before, and is not submitted.
        case skipped
        case decided(Outcome)
    }

    /// The command as which an item is submitted.
    func command(for item: Item) -> Command {
        let action: Command.Action =
            if let undo = item.undo {
                .reverse(
                    Reversal(.last(source: source, device: sender.name, within: undo), reason: item.movement.reason))
            } else {
                .move(item.movement)
            }
        // An id that was made here is made from the packet, and so it is unique in the whole journal.
        return Command(
            id: item.id, device: item.idIsGiven ? sender.name : nil, source: source, clockSkew: clockSkew,
            trace: sender.trace, action: action)
    }
}

/// Who sent a message, and how that device gets its reply.
struct ScanSender: Equatable, Sendable {
    /// The device of the topic: a scanner, or the gateway of several.
    let device: String
    /// The device that scanned.
    var name: String
    /// The device's own way to get a reply, if it is set up.
    var feedback: Feedback?
    /// The operation that the message is a part of.
    var trace: TraceParent?

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
