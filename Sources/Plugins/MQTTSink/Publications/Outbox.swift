import Mosquitto
import TallywireCore

/// The messages of one delivery, each with the event it stands for. Of a retained topic only the newest stays.
struct Outbox: Sendable {
    struct Entry: Equatable, Sendable {
        let message: MQTTMessage
        let seq: UInt64
        /// The display that the message is for, if it is for one.
        var display: DisplayState?
    }

    /// Which display shall show which version; `nil` for a display that is taken away.
    struct DisplayState: Equatable, Sendable {
        let key: DisplayKey
        let version: Int64?
    }

    /// `nil` where a newer one took the place.
    private var slots: [Entry?] = []
    private var newest: [String: Int] = [:]
    /// Events with at least one message, superseded or not.
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

    /// Notes that a state which this event stands for was published already in a newer form.
    mutating func supersede(seq: UInt64) { events.insert(seq) }

    /// What is to be published, in order.
    var entries: [Entry] { slots.compactMap(\.self) }

    /// How many events have all their messages superseded by newer ones.
    var merged: Int { events.subtracting(entries.map(\.seq)).count }
}
