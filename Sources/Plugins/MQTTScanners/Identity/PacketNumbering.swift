/// Gives each packet a number of its own, the same one whenever the packet comes again, without asking the broker for more than MQTT gives.
///
/// ## The problem
/// A scan without an id has to get one from its packet. All that MQTT tells is the packet id (1 ... 65535, used again and again), the
/// DUP flag, and whether the broker kept the session. The content does not help: scanning the same item twice is what scanners do.
///
/// ## What can be built on (MQTT 5, sections 2.2.1, 3.3.1.1 and 4.4)
/// 1. A packet id is given to another message only after we acknowledged the one before.
/// 2. A message comes first without DUP, and again only on a new connection of the same session, then with DUP.
/// 3. DUP does not say that we saw it: the first delivery may have been lost on the way.
/// 4. Brokers that count (mosquitto: `mosquitto__mid_generate`; EMQX, VerneMQ and RabbitMQ do the same) give ids in order, one after the
///    other, wrapping at 65535, whatever was acknowledged meanwhile. Unacknowledged messages are neighbours, at most the receive
///    maximum of them, because acknowledgements leave in order.
///
/// ## The rule
/// The packet ids are the low 16 bits of a 64-bit count, as with sequence numbers of RTP (RFC 3550, appendix A.1).
/// - First delivery: the next number above all before that ends in this packet id. So a second scan counts, though its packet id was
///   used before and its content is the same.
/// - Redelivery: the number that this packet had if it was seen in this run, else the one that is nearest to the newest (after a
///   restart, to ``reserved``). If the first delivery was seen before a crash, that is the number it had then, and the engine answers `duplicate`; if it was lost, the number
///   is one that was never used, and the scan is applied. Neither can be mistaken for the other.
/// - The session is new: a number far above all before. Ids start again from 1 there and mean other messages.
///
/// ## Across a crash
/// The count has to be found again. ``reserved`` is stored in advance, in steps of ``step``: a number is used only when it is not above
/// what is stored, so that after a crash the newest used number is within ``step`` below. All numbers that can come again are then in a
/// range of a few times the receive maximum around it, far less than the 65536 at which two numbers would look the same.
///
/// | the server dies | what happens then |
/// | --- | --- |
/// | before the movement is on disk | it comes again with DUP, gets the same number, is applied: once |
/// | after that, before the PUBACK has left | the same number, the same id: `duplicate`, and the scanner gets its answer |
/// | after the PUBACK was sent, but the broker did not get it | as before |
/// | while the packet was on its way to us | it comes with DUP, gets a number that was never used: applied, once |
/// | after ``reserved`` was stored, before any number of that block was used | the numbers go on where they were; a gap costs nothing |
///
/// ## What it cannot do
/// A broker that gives the lowest free packet id (HiveMQ) breaks 4: while the server runs all is exact, but a scan without an id that was
/// unacknowledged when the server was killed may then count twice, or, if the same device scanned the same item with the same packet
/// id shortly before, not at all. A broker that was killed and restores an old snapshot sends what it forgot was acknowledged. Scanners
/// that must be exact even then send ids of their own.
struct PacketNumbering: Sendable {
    /// How far ahead numbers are reserved: one write of the bookmark for so many messages.
    static let step: UInt64 = 8192
    /// Numbers with the same packet id are this far apart.
    private static let lap: UInt64 = 65_536
    /// How far above the newest number a redelivered one may be that was never seen; the rest of a lap is below.
    private static let reach: UInt64 = 16_384

    /// No number above this may be used before it is stored.
    private(set) var reserved: UInt64
    /// The newest number of this run.
    private var newest: UInt64?
    /// The numbers of the packets that may come again, by packet id.
    private var recent: [UInt16: UInt64] = [:]
    private var order: [UInt16] = []
    private let memory: Int

    /// Goes on from what was stored, if anything was. `receiveMaximum` is how many packets can be unacknowledged.
    init(stored: UInt64?, receiveMaximum: Int) {
        // Two laps, so that "below" never goes under zero.
        reserved = max(stored ?? 0, 2 * Self.lap)
        memory = 2 * receiveMaximum
    }

    /// The broker has forgotten the session: packet ids mean other messages from now on.
    mutating func beginSession() {
        newest = (max(reserved, newest ?? 0) / Self.lap + 2) * Self.lap
        recent = [:]
        order = []
    }

    /// The number of a packet. ``reserved`` may grow by it and has to be stored then, before the number is used.
    mutating func number(of packetID: UInt16, isRedelivery: Bool) -> UInt64 {
        let number: UInt64
        if isRedelivery, let known = recent[packetID] {
            number = known
        } else if isRedelivery || newest == nil {
            number = nearest(packetID, to: newest ?? reserved)
        } else {
            number = next(packetID, above: newest ?? reserved)
        }
        note(number, packetID)
        return number
    }

    /// Another number for a first delivery whose number turned out to be used: see "What it cannot do".
    mutating func renumber(_ packetID: UInt16) -> UInt64 {
        let number = next(packetID, above: max(newest ?? 0, reserved))
        note(number, packetID)
        return number
    }

    private mutating func note(_ number: UInt64, _ packetID: UInt16) {
        newest = max(newest ?? 0, number)
        if number > reserved { reserved = number + Self.step }
        if recent.updateValue(number, forKey: packetID) == nil { order.append(packetID) }
        if order.count > memory {
            // The older half goes; a packet that was seen so long ago was acknowledged long ago.
            for old in order.prefix(order.count - memory / 2) { recent[old] = nil }
            order.removeFirst(order.count - memory / 2)
        }
    }

    private func next(_ packetID: UInt16, above number: UInt64) -> UInt64 {
        let distance = (UInt64(packetID) &- number) & (Self.lap - 1)
        return number + (distance == 0 ? Self.lap : distance)
    }

    private func nearest(_ packetID: UInt16, to number: UInt64) -> UInt64 {
        let distance = (UInt64(packetID) &- number) & (Self.lap - 1)
        return distance <= Self.reach ? number + distance : number + distance - Self.lap
    }
}
