import Foundation
import Logging
import Synchronization
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import ExecPlugin

@Suite("A program that brings movements", .timeLimit(.minutes(1)))
struct ExecSourceTests {
    let programs: ExecPrograms
    let journal = InMemoryJournal()
    let engine: InventoryEngine

    init() async throws {
        programs = try ExecPrograms()
        engine = try InventoryEngine(journal: journal, logger: Logger(label: "test"))
        let product = NewProduct(name: "Tee", content: .single(NewVariant(sku: "TEE", name: "Tee")))
        _ = await engine.submit(Command(source: "test", action: .createProduct(product)))
    }

    /// Runs the source until `body` returns, and `onCancel` when it is then stopped; or until it ends by itself, whose error is returned.
    @discardableResult
    func run(
        _ options: ExecOptions, gateway: (any CommandGateway)? = nil, clock: ExecClock = .machine, untilItEnds: Bool = false,
        onCancel: @escaping @Sendable () -> Void = {}, _ body: (SourceStatus) async throws -> Void
    ) async throws -> String? {
        let status = SourceStatus()
        let context = SourceContext(
            name: "till", logger: programs.log.logger, gateway: gateway ?? engine, stock: journal, defaultLocation: "MAIN",
            status: status,
            bookmark: JournalBookmark(journal: journal, source: "till"), version: "test",
            deviceBookmark: { [journal] in JournalBookmark(journal: journal, source: "till", device: $0) },
            now: { Timestamp(milliseconds: 1_795_365_600_000) })
        let source = ExecSource(options, clock: clock)
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                defer { status.update { $0.state = "ended" } }
                do {
                    try await withTaskCancellationHandler {
                        try await source.run(context)
                    } onCancel: {
                        onCancel()
                    }
                    return nil
                } catch is CancellationError { return nil } catch { return "\(error)" }
            }
            defer { group.cancelAll() }
            try await body(status)
            if !untilItEnds { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    static func movement(_ id: String, _ more: String = "", quantity: Int = 1) -> String {
        #"{"id":"\#(id)",\#(more)"lines":[{"sku":"TEE","operation":"add","quantity":\#(quantity)}]}"#
    }

    private func updates() throws -> [InventoryUpdated] {
        try journal.allEvents.map { try $0.event() }.compactMap {
            if case .inventoryUpdated(let update) = $0.body { update } else { nil }
        }
    }

    @Test("each movement is applied and gets its receipt, in order, and a repeat is a duplicate")
    func receipts() async throws {
        let script = """
            printf '%s\\n' '\(Self.movement("a"))' '\(Self.movement("b"))' '\(Self.movement("a"))'
            while read -r line; do echo "$line" >> receipts; done
            """
        try await run(programs.shell(script)) { status in
            try await eventually("three receipts are there") { programs.lines("receipts").count == 3 }
            let current = status.current
            #expect(current.received == 3 && current.applied == 2 && current.duplicates == 1 && current.state == "running")
        }
        let receipts = try programs.lines("receipts").map { try JSONReader.value(of: Array($0.utf8)) }
        #expect(receipts.map { $0["movementId"]?.string } == ["a", "b", "a"])
        #expect(receipts.map { $0["status"]?.string } == ["applied", "applied", "duplicate"])
        #expect(receipts.map { $0["lines"]?.array?.first?["stock"]?.integer } == [1, 2, 1])
        #expect(try updates().map(\.source) == ["till", "till"])
    }

    @Test("what is no movement, or is refused, gets a receipt that says why, and the next is taken")
    func refused() async throws {
        let long = String(repeating: "x", count: 70)
        let script = """
            cat <<'LINES'
            nonsense
            {"lines":[{"sku":"TEE","operation":"add","quantity":1}]}
            {"id":"c","lines":[{"sku":"TEE","operation":"ad","quantity":1}]}
            {"id":"d","lines":[{"sku":"NONE","operation":"add","quantity":1}]}
            {"id":"e","device":"a/b","lines":[{"sku":"TEE","operation":"add","quantity":1}]}
            {"id":"f","lines":[{"sku":"TEE","operation":"subtract","quantity":5}]}
            \(Self.movement("g", #""device":"till-1","#))
            \(Self.movement(long + long))
            LINES
            while read -r line; do echo "$line" >> receipts; done
            """
        try await run(programs.shell(script)) { status in
            try await eventually("all receipts are there") { programs.lines("receipts").count == 8 }
            #expect(status.current.malformed == 4 && status.current.rejected == 3 && status.current.applied == 1)
        }
        let receipts = try programs.lines("receipts").map { try JSONReader.value(of: Array($0.utf8)) }
        #expect(receipts.map { $0["movementId"]?.string ?? "" }.prefix(7) == ["", "", "c", "d", "e", "f", "g"])
        #expect(
            receipts.map { $0["code"]?.string ?? "" } == [
                "invalid_request", "invalid_request", "invalid_request", "unknown_variant", "invalid_request", "insufficient_stock",
                "",
                "invalid_request",
            ])
        #expect(receipts[1]["field"]?.string == "id" && receipts[2]["message"]?.string?.contains("did you mean “add”") == true)
        #expect(receipts[5]["available"]?.integer == 0 && receipts[0]["line"]?.integer == 1)
    }

    @Test("a program that ends is an error that says how, after what it wrote was applied")
    func ends() async throws {
        let script = "echo '\(Self.movement("a"))'; exec <&-; echo tired >&2; exit 7"
        let error = try await run(programs.shell(script), untilItEnds: true) { _ in }
        #expect(error == "the program ended with status 7: tired")
        #expect(try updates().map(\.stock) == [1])
    }

    @Test(
        "what cannot be decided now, or what nobody can say now, is decided later, in order, and no receipt comes before",
        arguments: [JournalError.Code.storage, .uncertain])
    func unavailable(code: JournalError.Code) async throws {
        let time = SimulatedTime()
        journal.failAppends(with: JournalError(code, "the disk is full"))
        let script = """
            printf '%s\\n' '\(Self.movement("a"))' '\(Self.movement("b", quantity: 2))'
            while read -r line; do echo "$line" >> receipts; done
            """
        try await run(programs.shell(script), clock: time.clock) { status in
            try await eventually("it waits") { status.current.state == "waiting" && status.current.lastError != nil }
            #expect(programs.lines("receipts").isEmpty)
            journal.failAppends(with: nil)
            try await eventually("the receipts are there") {
                time.advance(by: .seconds(30))
                return programs.lines("receipts").count == 2
            }
            #expect(status.current.state == "running" && status.current.applied == 2)
        }
        #expect(try updates().map(\.stock) == [1, 3])
    }

    @Test("a program that does not read its receipts is held up, and then ended")
    func unread() async throws {
        let time = SimulatedTime()
        let options = programs.shell("yes '\(Self.movement("x"))'") {
            $0.inFlight = 50
            $0.grace = .milliseconds(50)
        }
        let error = try await run(options, clock: time.clock, untilItEnds: true) { status in
            var last: UInt64 = 0
            var since = ContinuousClock.now
            try await eventually("no more is taken") {
                if status.current.received != last { (last, since) = (status.current.received, .now) }
                return last > 0 && since.duration(to: .now) > .milliseconds(500)
            }
            #expect(last < 2_000, "what fits into a pipe, and one batch")
            try await eventually("the program is ended") {
                time.advance(by: .seconds(1))
                return status.current.state == "ended"
            }
        }
        #expect(error == "the program did not read its receipts for 30s, and was ended")
    }

    @Test("at a stop what was read is answered")
    func stop() async throws {
        let gate = HeldGateway(engine)
        let script = """
            echo '\(Self.movement("a"))'
            while read -r line; do echo "$line" >> receipts; done
            echo end >> receipts
            """
        try await run(programs.shell(script) { $0.grace = .seconds(20) }, gateway: gate, onCancel: { gate.release() }) { _ in
            try await eventually("the movement is being decided") { gate.isHolding }
        }
        #expect(programs.lines("receipts").count == 2 && programs.lines("receipts").last == "end")
    }
}

/// A gateway that holds what it is handed until it is released.
final class HeldGateway: CommandGateway {
    private let engine: InventoryEngine
    private let held = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ engine: InventoryEngine) { self.engine = engine }

    var isHolding: Bool { held.withLock { $0 != nil } }

    func release() { held.withLock { $0.take() }?() }

    func submit(_ commands: [Command], in lane: CommandLane?, completion: @escaping @Sendable ([Outcome]) -> Void) {
        held.withLock { held in held = { [engine] in engine.submit(commands, in: lane, completion: completion) } }
    }
}
