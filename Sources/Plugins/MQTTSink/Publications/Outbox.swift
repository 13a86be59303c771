import Mosquitto
import TallywireCore

/// The messages of one delivery, each with its event. Of several messages for a retained topic only the newest stays.
struct Outbox: Sendable {
    struct Entry: Equatable, Sendable {
        let message: MQTTMessage
        let seq: UInt64
        /// The display for which the message is; `nil` for a message of an event.
        var display: DisplayState?
    }

    /// Which version a display has to show; `nil` for a display that is deleted.
    struct DisplayState: Equatable, Sendable {
        let key: DisplayKey
        let version: Int64?
    }

    /// `nil` in place of a message that a newer one replaced.
    private var slots: [Entry?] = []
    private var newest: [String: Int] = [:]
    /// Events with at least one message, replaced or not.
    private var events: Set<UInt64> = []

    mutating func put(_ message: MQTTMessage, seq: UInt64, display: DisplayState? = nil) {
        events.insert(seq)
        if message.retain {
            if let index = newest[message.topic], let there = slots[index] {
                guard there.seq < seq else { return }
                slots[index] = nil
            }
            newest[message.topic] = slots.count
        }
        slots.append(Entry(message: message, seq: seq, display: display))
    }

    /// Notes that a newer state than this event's was published already.
    mutating func supersede(seq: UInt64) { events.insert(seq) }

    /// The messages to publish, in order.
    var entries: [Entry] { slots.compactMap(\.self) }

    /// How many events have had all their messages replaced by newer ones.
    var merged: Int { events.subtracting(entries.map(\.seq)).count }
}
