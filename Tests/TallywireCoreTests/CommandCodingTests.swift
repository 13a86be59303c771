import GS1
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@Suite("Commands between nodes")
struct CommandCodingTests {
    private static let time = Timestamp(milliseconds: 1_795_365_600_123)
    private static let rules = [
        ThresholdChange(location: "WH1", rule: AlertRule(threshold: 3, rearm: 1)), ThresholdChange(location: "MAIN", rule: nil),
    ]
    private static let variant = NewVariant(
        id: VariantID(11), sku: "TEE-É", name: "Tee \"red\"\n", price: Price("0.07"),
        barcodes: [Barcode(code: "4006381333931"), Barcode(code: "14006381333938", units: 12)],
        alerts: AlertRule(threshold: 4, rearm: 2), thresholds: rules)
    private static let items: [ItemReference] = [.sku("A-1"), .barcode("4006381333931"), .variant(VariantID(.max))]

    /// Every case, with everything that it can have and with as little as it may.
    private static let actions: [Command.Action] = [
        .move(
            Movement(
                reason: "sale", reference: "r", occurredAt: time,
                lines: items.map {
                    Movement.Line(
                        item: $0, location: "MAIN", operation: .transfer, quantity: 1_000_000_000, destination: "WH1", expected: -4,
                        trace: Trace(batch: "b", serial: "s", expiry: CalendarDate("2028-02-29")), reservation: "basket",
                        fromState: .damaged, toState: .inspection, allowsNegative: true)
                })),
        .move(Movement(lines: [Movement.Line(item: items[0], location: nil, operation: .set, quantity: 0)])),
        .reverse(Reversal(.movement(id: "m", device: "till-1"), reason: "mistake")),
        .reverse(Reversal(.last(source: "mqtt/dock-1", device: "dock-1", within: .milliseconds(60_001)))),
        .createLocation(Location(code: "WH1", name: "Lager", sells: false, priority: -3)),
        .updateLocation("WH1", LocationUpdate(name: "Rear", sells: true, priority: 9)), .updateLocation("WH1", LocationUpdate()),
        .removeLocation("WH1"),
        .createProduct(
            NewProduct(
                id: ProductID(1), name: "Tee", status: .draft, price: Price("99999999999.99"), content: .variants([variant]))),
        .createProduct(NewProduct(name: "Mug", content: .single(NewVariant(sku: "MUG", name: "Mug")))),
        .updateProduct(ProductID(1), ProductUpdate(name: "T", status: .inactive, price: .some(Price("19.99")))),
        .updateProduct(ProductID(1), ProductUpdate(price: .some(nil))), .updateProduct(ProductID(1), ProductUpdate()),
        .removeProduct(ProductID(1)), .addVariant(ProductID(1), variant),
        .updateVariant(
            VariantID(11),
            VariantUpdate(
                sku: "X", name: "Y", price: .some(Price("0")), barcodes: [], threshold: 0, rearm: 7, thresholds: rules)),
        .updateVariant(VariantID(11), VariantUpdate(price: .some(nil), thresholds: [])),
        .updateVariant(VariantID(11), VariantUpdate()), .removeVariant(VariantID(11)),
        .report(.device(DeviceChanged(device: "d", source: "s", isOnline: true, lastSeen: time, reason: "r"))),
        .report(.device(DeviceChanged(device: "d", source: "s", isOnline: false, lastSeen: nil, reason: ""))),
        .report(
            .display(DisplayChanged(sku: "A", location: "M", sink: "s", isStale: true, wantedVersion: 57, shownVersion: nil))),
        .report(.setAside(ScanSetAside(device: "d", source: "s", topic: "t", file: "f"))),
        .acknowledge(AlertReply(variant: VariantID(11), alertSeq: .max, by: "anna", note: "soon")),
        .reserve(
            NewReservation(
                reference: "order", end: .at(time), isPartial: true,
                lines: [.init(item: items[1], quantity: 2, locations: ["MAIN", "WH1"])])),
        .reserve(NewReservation(end: .after(.seconds(900)), lines: [])),
        .useReservation(
            ReservationUse(
                reservation: "basket", kind: .capture(keepsRest: true), reason: "r",
                lines: [.init(item: items[0], quantity: 1, location: "WH1")])),
        .useReservation(ReservationUse(reservation: "basket", kind: .release)), .endReservation("basket", .at(time)),
        .openCount(NewCount(location: "MAIN", scope: .skus(["A", "B"]), isBlind: true, tolerance: 3, missing: .zero, by: "a")),
        .openCount(NewCount(location: "MAIN", scope: .prefix("A-"), by: "a")), .openCount(NewCount(location: "MAIN", by: "a")),
        .useCount(
            CountUse(
                count: "c", kind: .count([.init(item: items[2], quantity: 5, countedAt: time)], replaces: true), by: "anna")),
        .useCount(CountUse(count: "c", kind: .close(reason: nil), by: "a")),
        .useCount(CountUse(count: "c", kind: .post(reason: "done"), by: "a")),
        .useCount(CountUse(count: "c", kind: .void, by: "a")),
    ]

    private func roundTrip(_ command: Command) throws {
        let bytes = try command.encoded()
        #expect(!bytes.contains(UInt8(ascii: "\n")), "it is one line")
        #expect(try Command(encoded: bytes) == command)
    }

    @Test("every case is the same after it was sent")
    func everyCase() throws {
        for action in Self.actions { try roundTrip(Command(source: "http", action: action)) }
        #expect(Set(Self.actions.map(\.kind)).count == Command.Action.kinds, "a case is missing here")
    }

    @Test("who asks is the same too")
    func callers() throws {
        try roundTrip(
            Command(
                id: "a \u{0} “id”", device: "till-1", source: "http/till-1", clockSkew: .milliseconds(1_500), nonce: "n-1",
                action: .removeLocation("X")))
        try roundTrip(Command(id: "", source: "", clockSkew: .nanoseconds(1), action: .removeLocation("")))
    }

    @Test("random commands are the same after they were sent", arguments: 1...UInt64(4))
    func random(seed: UInt64) throws {
        var commands = RandomCommands(seed: seed)
        var state = InventoryState()
        var kinds: Set<Int> = []
        for step in 0..<600 {
            let action = commands.next(in: state)
            kinds.insert(action.kind)
            try roundTrip(Command(id: "id-\(step)", source: "test", nonce: step % 2 == 0 ? "nonce-\(step)" : nil, action: action))
            _ = state.decide(
                Command(source: "test", action: action), id: "id-\(step)", now: Timestamp(milliseconds: Int64(step) * 1_000))
            state.forgetChanges()
        }
        #expect(kinds.count > 12, "hardly any case happened: \(kinds)")
    }

    @Test("a command of another format is refused, and says so")
    func otherFormat() throws {
        let text = String(decoding: try Command(source: "x", action: .removeLocation("A")).encoded(), as: UTF8.self)
        #expect(text.contains("\"format\":1"))
        let other = text.replacing("\"format\":1", with: "\"format\":2")
        let error = #expect(throws: DecodingError.self) { try Command(encoded: other.utf8) }
        #expect(error.map { "\($0)".contains("format 2, and this node reads the format 1") } == true)
    }

    @Test("bytes that are no command are refused, wherever they break")
    func hostile() throws {
        let whole = try Command(id: "a", source: "x", action: Self.actions[0]).encoded()
        for end in stride(from: 0, to: whole.count, by: 7) {
            #expect(throws: DecodingError.self) { try Command(encoded: whole[..<end]) }
        }
        // Whatever one byte is changed to: it is read as some command, or refused.
        var random = SplitMix(state: 7)
        for _ in 0..<2_000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            do { _ = try Command(encoded: bytes) } catch { #expect(error is DecodingError) }
        }
        let command = #"{"format":1,"command":{"source":"x","action":"#
        for action in [
            "null", "{}", #"{"other":{}}"#, #"{"removeLocation":{}}"#, #"{"removeLocation":{"_0":"A"},"removeProduct":{"_0":1}}"#,
            #"{"removeVariant":{"_0":1e400}}"#, #"{"removeVariant":{"_0":9223372036854775808}}"#,
            #"{"updateProduct":{"_0":1,"_1":{"price":-1}}}"#, #"{"updateProduct":{"_0":1,"_1":{"price":100000000000}}}"#,
            #"{"endReservation":{"_0":"a","_1":{"at":{"_0":"2026-13-01T00:00:00Z"}}}}"#,
            #"{"endReservation":{"_0":"a","_1":{"after":{"_0":[1]}}}}"#, String(repeating: "[", count: 513),
        ] {
            #expect(throws: DecodingError.self, "\(action)") { try Command(encoded: (command + action + "}}").utf8) }
        }
        #expect(throws: DecodingError.self) { try Command(encoded: String(repeating: "[", count: 513).utf8) }
    }
}

extension Command.Action {
    fileprivate static let kinds = 18

    /// The number of the case. A new case has to be added here and to the list above.
    fileprivate var kind: Int {
        switch self {
        case .move: 1
        case .reverse: 2
        case .createLocation: 3
        case .updateLocation: 4
        case .removeLocation: 5
        case .createProduct: 6
        case .updateProduct: 7
        case .removeProduct: 8
        case .addVariant: 9
        case .updateVariant: 10
        case .removeVariant: 11
        case .report: 12
        case .acknowledge: 13
        case .reserve: 14
        case .useReservation: 15
        case .openCount: 16
        case .useCount: 17
        case .endReservation: 18
        }
    }
}
