import TallywireCore

/// Up to which events the displays are published, and what follows from it for an event, a connection and a failed read.
struct DisplayProgress {
    /// What an event asks of the displays.
    enum Action: Equatable {
        /// The displays show the event or something newer.
        case none
        /// The same, but displays of what the event removed, or of the SKU that it replaced, may still be at the broker.
        case takeAway
        /// The displays show the event's own values. No display shows anything newer.
        case publish
        /// The displays show current values, which have to be read: some display may show newer values than the event's.
        case read
    }

    /// How many reads of the broker's messages in a row may fail while the sink itself is connected, before every display is
    /// published without reading.
    static let readingTries = 3

    /// The number of the connection that was repaired last.
    private var repaired = 0
    /// How many reads of the broker's retained messages failed in a row.
    private var failedReadings = 0
    /// Displays are published up to this event.
    private(set) var displayed: UInt64 = 0
    /// Displays of what was removed, and of replaced SKUs, are deleted up to this event. It is before ``displayed`` if the broker's
    /// messages could not be read.
    private var cleared: UInt64 = 0
    /// No display was published with a state newer than this event.
    private var readThrough: UInt64 = 0

    /// Returns what an event of `type` asks of the displays. Only a removal and a replaced SKU are taken away;
    /// ``Action/takeAway`` is nothing to do for other changes of the catalogue.
    func action(for type: EventType, seq: UInt64) -> Action {
        guard seq <= displayed else { return seq > readThrough ? .publish : .read }
        return type == .catalogueChanged && seq > cleared ? .takeAway : .none
    }

    /// Notes that displays with the values at `seq` are about to be published.
    mutating func read(at seq: UInt64) { readThrough = max(readThrough, seq) }

    // MARK: Repair

    /// Returns whether the displays have to be compared with what the broker retains, now that the sink's connection has this
    /// number.
    func needsRepair(on connection: Int) -> Bool { connection > repaired }

    /// Notes that all displays show the values at `seq` or newer ones. With `isComplete`, nothing else is left at the broker.
    mutating func repaired(at seq: UInt64, isComplete: Bool) {
        displayed = max(displayed, seq)
        if isComplete { cleared = displayed }
    }

    /// Notes that the repair of this connection is over. If there is another connection by now, that one needs a repair too.
    mutating func endRepair(on connection: Int) { repaired = connection }

    /// Notes that the broker's messages could be read, or that the broker said that they cannot.
    mutating func readingEnded() { failedReadings = 0 }

    /// Notes that a read failed. Returns whether every display is published without reading.
    mutating func readingFailed(isConnected: Bool) -> Bool {
        failedReadings += 1
        return failedReadings >= Self.readingTries && isConnected
    }
}
