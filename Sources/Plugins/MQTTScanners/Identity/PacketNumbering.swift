/// Numbers packets: each packet gets a number of its own, and the same number whenever it comes again. The broker needs nothing
/// beyond MQTT.
///
/// ## The problem
/// A scan without an id needs one that is made from its packet. MQTT tells only the packet id (1 ... 65535, used again and again),
/// the DUP flag, and whether the broker kept the session. The content does not help: scanning the same item twice is what scanners
/// do.
///
/// ## What can be built on (MQTT 5, sections 2.2.1, 3.3.1.1 and 4.4)
/// 1. A packet id is given to another message only after we acknowledged the message that had it before.
/// 2. The first delivery of a message has no DUP flag. A message comes again only on a new connection of the same session, and then
///    with DUP.
/// 3. DUP does not say that we saw the message: the first delivery may have been lost on the way.
/// 4. Brokers that count (mosquitto: `mosquitto__mid_generate`; EMQX, VerneMQ and RabbitMQ do the same) give ids in order, one
///    after the other, wrapping at 65535, whatever was acknowledged meanwhile. The ids of unacknowledged messages are neighbours,
///    because acknowledgements leave in order. There are at most as many as the receive maximum.
///
/// ## The rule
/// The packet id is the low 16 bits of a 64-bit number, as with sequence numbers of RTP (RFC 3550, appendix A.1).
/// - First delivery: the next number above all earlier ones that ends in this packet id. So a second scan counts, though its packet
///   id was used before and its content is the same.
/// - Redelivery: the number that this packet had, if it was seen in this run. Otherwise the number that ends in this packet id and
///   is nearest to the newest number (after a restart, to ``reserved``). If the first delivery was seen before a crash, that is the
///   number it had then, and the engine answers `duplicate`. If the first delivery was lost, the number was never used, and the
///   scan is applied. Neither case can be mistaken for the other.
/// - New session: a number far above all earlier ones. Packet ids start again from 1 there and mean other messages.
///
/// ## Across a crash
/// The newest number has to be found again. ``reserved`` is stored in advance, in steps of ``step``: a number is used only when it
/// is not above the stored value. So after a crash the newest used number is at most ``step`` below the stored one. All packets
/// that can come again have numbers within a few times the receive maximum around it, far less than the 65536 at which two numbers
/// would have the same packet id.
///
/// | the server dies | what happens then |
/// | --- | --- |
/// | before the movement is on disk | the packet comes again with DUP, gets the same number, and is applied: once |
/// | after that, before the PUBACK has left | the same number, the same id: `duplicate`, and the scanner gets its reply |
/// | after the PUBACK was sent, but the broker did not get it | as before |
/// | while the packet was on its way to us | the packet comes with DUP and gets a number that was never used: applied, once |
/// | after ``reserved`` was stored, before any number of that block was used | the numbers continue; a gap costs nothing |
///
/// ## What it cannot do
/// A broker that gives the lowest free packet id (HiveMQ) breaks 4. While the server runs, everything is exact. But a scan without
/// an id that was unacknowledged when the server was killed may then count twice. Or it may not count at all, if the same device
/// scanned the same item with the same packet id shortly before. A broker that was killed and restores an old snapshot sends
/// messages again whose acknowledgements it forgot. Scanners that must be exact even then send ids of their own.
struct PacketNumbering: Sendable {
    /// How far ahead numbers are reserved: one write of the bookmark for this many messages.
    static let step: UInt64 = 8192
    /// How far apart two numbers with the same packet id are.
    private static let lap: UInt64 = 65_536
    /// How far above the newest number a redelivered packet's number may be if that packet was never seen. The rest of a lap lies
    /// below.
    private static let reach: UInt64 = 16_384

    /// A number above this must not be used before ``reserved`` was raised and stored.
    private(set) var reserved: UInt64
    /// The newest number of this run.
    private var newest: UInt64?
    /// By packet id, the numbers of the packets that may come again.
    private var recent: [UInt16: UInt64] = [:]
    private var order: [UInt16] = []
    private let memory: Int

    /// Continues from `stored`, if a number was stored. `receiveMaximum` is the most packets that can be unacknowledged.
    init(stored: UInt64?, receiveMaximum: Int) {
        // Two laps, so that a number below never underflows.
        reserved = max(stored ?? 0, 2 * Self.lap)
        memory = 2 * receiveMaximum
    }

    /// Begins a new session, since the broker has forgotten the last one: packet ids mean other messages from now on.
    mutating func beginSession() {
        newest = (max(reserved, newest ?? 0) / Self.lap + 2) * Self.lap
        recent = [:]
        order = []
    }

    /// Returns the number of a packet. ``reserved`` may grow by the call. It then has to be stored before the number is used.
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

    /// Returns another number for a first delivery whose number turned out to be used: see "What it cannot do".
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
            // The older half is forgotten: those packets were acknowledged long ago.
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
