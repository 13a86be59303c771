import TallywireCore
import TallywireEngine

/// Knows the mode of each device, and which scan came in which mode: also when messages come again, and after a restart.
///
/// A device has a short history: each control code and each end of a mode, with the number of its packet (``PacketNumbering``). A scan
/// belongs to the mode of the last of them whose number is not higher than its own. So a control code that is delivered again changes
/// nothing, and a scan that is delivered again means what it meant, whatever the device has scanned since.
///
/// A change is stored before anything that came after it is submitted or answered. The time of the last use is stored only now and then:
/// after a restart a mode may end by ``useStep`` of its time too early.
struct ModeTable: Sendable {
    /// The most devices that have a mode at a time. All of them are in one file, which is written whole.
    static let limit = 1_000
    /// The most control codes of a device that are told apart when they come again. With more, the oldest are taken for one.
    static let history = 16
    /// The time without scans after which a mode ends, unless an option says otherwise.
    static let idle = Duration.seconds(600)
    /// The use of a mode is stored when it is this part of its idle time later than the one that is stored.
    private static let useStep: Int64 = 4

    /// A control code, or the end of a mode.
    struct Entry: Equatable, Sendable, Codable {
        var number: UInt64
        /// The id that the device gave the control code.
        var id: String?
        /// The mode from here on.
        var mode: DeviceMode
    }

    struct Device: Equatable, Sendable, Codable {
        /// The mode before the first entry.
        var base = DeviceMode()
        /// In the order of their numbers.
        var entries: [Entry] = []
        /// When the device last scanned in its mode, and how long the mode lasts after that, in milliseconds.
        var used: Int64
        var idle: Int64

        var mode: DeviceMode { entries.last?.mode ?? base }
    }

    /// A message, as far as modes depend on it.
    struct Moment: Sendable {
        /// The number of its packet; `nil` for a message of QoS 0, which never comes again.
        var number: UInt64?
        var isRedelivery = false
        /// The earliest time at which it may have been sent; `nil` if nothing is known, since it may have waited at the broker.
        var sent: Timestamp?
        /// The machine's time, as far as the machine's clock is believed.
        var now = Timestamp(milliseconds: 0)
    }

    private(set) var devices: [String: Device]
    /// Whether ``devices`` is what was stored last.
    private(set) var isStored = true
    private var storedUse: [String: Int64]

    /// Goes on from what was stored. Packets that can still come have numbers around `newest`; much higher ones are of another journal,
    /// and those modes are forgotten.
    init(_ stored: [String: Device] = [:], newest: UInt64 = .max) {
        let limit = newest.addingReportingOverflow(1 << 18)
        devices = stored.filter { limit.overflow || ($0.value.entries.last?.number ?? 0) <= limit.partialValue }
        storedUse = devices.mapValues(\.used)
    }

    mutating func noteStored() {
        isStored = true
        storedUse = devices.mapValues(\.used)
    }

    // MARK: Scans

    /// The mode in which a scan of `device` came. A mode that was not used for `idle` has ended before the scan.
    mutating func mode(of device: String, _ moment: Moment, idle: Duration) -> DeviceMode {
        guard var known = devices[device] else { return DeviceMode() }
        let mode = known.mode(at: moment.number)
        guard !moment.isRedelivery, known.isNewest(moment.number), !known.mode.isEmpty else { return mode }
        known.idle = idle.wholeMilliseconds
        // A clock that was set back while the server did not run would keep the mode for ever.
        known.used = min(known.used, moment.now.milliseconds)
        let sent = moment.sent?.milliseconds ?? known.used
        if sent - known.used > known.idle {
            known.add(Entry(number: moment.number ?? known.lastNumber, mode: DeviceMode()))
            isStored = false
        } else {
            known.used = max(known.used, moment.sent == nil ? moment.now.milliseconds : sent)
            if known.used - storedUse[device, default: .min / 2] > known.idle / Self.useStep { isStored = false }
        }
        devices[device] = known
        return known.mode
    }

    // MARK: Control codes

    /// Takes a control code that changes the mode. Returns the mode after it, and whether the code came before.
    mutating func take(
        _ code: ControlCode, id: String?, of device: String, _ moment: Moment, idle: Duration
    ) throws(MalformedScan) -> (mode: DeviceMode, isRepeat: Bool) {
        // The end of an idle mode may stand before the code that came after it, with the same number.
        if let entry = devices[device]?.entries.last(where: { $0.isOf(moment.number, id) }) { return (entry.mode, true) }
        var mode = mode(of: device, moment, idle: idle)
        mode.take(code)
        if devices[device] == nil { try makeRoom(moment.now) }
        var known = devices[device] ?? Device(used: moment.now.milliseconds, idle: idle.wholeMilliseconds)
        known.add(Entry(number: moment.number ?? known.lastNumber, id: id, mode: mode))
        known.used = moment.now.milliseconds
        devices[device] = known
        isStored = false
        return (mode, false)
    }

    /// Makes room for one more device: of those without a mode, the one that has had none for longest is forgotten.
    private mutating func makeRoom(_ now: Timestamp) throws(MalformedScan) {
        guard devices.count >= Self.limit else { return }
        let idle = devices.filter { $0.value.mode.isEmpty || now.milliseconds - $0.value.used > $0.value.idle }
        guard let oldest = idle.min(by: { $0.value.used < $1.value.used }) else {
            throw MalformedScan(
                "\(Self.limit) devices have a mode by control codes, and no more can: end that of another by TW:END")
        }
        devices[oldest.key] = nil
    }
}

extension ModeTable.Entry {
    /// Whether this is the control code of packet `number`, or the one to which the device gave `id`.
    fileprivate func isOf(_ number: UInt64?, _ id: String?) -> Bool {
        (number != nil && number == self.number) || (id != nil && id == self.id)
    }
}

extension ModeTable.Device {
    fileprivate var lastNumber: UInt64 { entries.last?.number ?? 0 }

    fileprivate func isNewest(_ number: UInt64?) -> Bool { number.map { $0 >= lastNumber } ?? true }

    /// The mode of a scan with this number; `nil` is the number of a scan that came just now.
    fileprivate func mode(at number: UInt64?) -> DeviceMode {
        guard let number else { return mode }
        return entries.last { $0.number <= number }?.mode ?? base
    }

    fileprivate mutating func add(_ entry: ModeTable.Entry) {
        let index = entries.firstIndex { $0.number > entry.number } ?? entries.endIndex
        entries.insert(entry, at: index)
        guard entries.count > ModeTable.history else { return }
        base = entries.removeFirst().mode
    }
}
