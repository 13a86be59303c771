import Foundation
import NIOHTTP1
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

/// What reservations promise, tried with the real program and SIGKILL.
///
/// It prints the seed of what the shoppers do and of the moments of the kills; `CRASH_SEED` gives one.
@Suite("Reservations and crashes")
struct ReservationCrashTests {
    private static let sku = "LAST"
    private static let stock = 1_000
    private static let baskets = 60

    @Test(
        "killed at any moment while baskets are held, paid, cancelled and forgotten, each unit is where it belongs",
        .timeLimit(.minutes(5)))
    func killed() async throws {
        let seed = ProcessInfo.processInfo.environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        print("Reservations and crashes: CRASH_SEED=\(seed)")
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"The last ones","sku":"\#(Self.sku)","variantId":1}"#)
        _ = try await server.call(.PATCH, "/api/variants/1/inventory", #"{"operation":"set","quantity":\#(Self.stock)}"#)
        let paid = try await withThrowingTaskGroup(of: Int.self) { group in
            for shopper in 1...4 {
                group.addTask {
                    var random = SplitMix(state: seed &+ UInt64(shopper))
                    var paid = 0
                    for basket in 1...Self.baskets {
                        paid += try await Self.shop("s\(shopper)-\(basket)", at: server, &random)
                    }
                    return paid
                }
            }
            group.addTask {
                var random = SplitMix(state: seed)
                for _ in 1...8 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 100...900, using: &random)))
                    await server.kill()
                    try await server.start()
                }
                return 0
            }
            return try await group.reduce(0, +)
        }
        // What nobody paid for gives its units back.
        try await eventually("nothing is reserved any more", within: .seconds(30)) {
            try await Self.read("/api/reservations?status=held", server)["items"]?.elements.isEmpty == true
        }
        let variant = try await Self.read("/api/variants/1", server)
        #expect(variant["stock"]?.int == Self.stock - paid && paid > 0)
        #expect(variant["locations"]?[0]?["onHand"]?.int == Self.stock - paid && variant["locations"]?[0]?["reserved"]?.int == 0)
        let ends =
            try await Self.read("/api/reservations?limit=1000", server)["items"]?.elements.compactMap { $0["status"]?.string } ?? []
        #expect(ends.count == 4 * Self.baskets && Set(ends) == ["captured", "released", "expired"])
        let units = try await Self.read("/api/reservations?status=captured&limit=1000", server)["items"]?.elements ?? []
        #expect(units.reduce(0) { $0 + ($1["lines"]?[0]?["captured"]?.int ?? 0) } == paid, "each payment counts once")
        #expect(await server.terminate() == 0)
        let audit = try await server.run("audit", "--data", "data")
        #expect(audit.status == 0, "\(audit.output)")
    }

    /// Holds two units and pays for both, for one or for none. Returns how many were paid for.
    private static func shop(_ basket: String, at server: ServerProcess, _ random: inout SplitMix) async throws -> Int {
        let isForgotten = Int.random(in: 0..<4, using: &random) == 0
        let line = #"{"sku":"\#(sku)","quantity":2}"#
        try await insist(
            .POST, "/api/reservations", #"{"id":"\#(basket)","ttl":"\#(isForgotten ? "1s" : "10m")","lines":[\#(line)]}"#, server)
        guard !isForgotten else { return 0 }
        let one = #"{"id":"paid-\#(basket)","lines":[{"sku":"\#(sku)","quantity":1}]}"#
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            try await insist(.POST, "/api/reservations/\(basket)/capture", #"{"id":"paid-\#(basket)"}"#, server)
            return 2
        case 1:
            try await insist(.POST, "/api/reservations/\(basket)/capture", one, server)
            return 1
        default:
            try await insist(.POST, "/api/reservations/\(basket)/release", #"{"id":"cancelled-\#(basket)"}"#, server)
            return 0
        }
    }

    /// Sends a change until it is answered, as a shop does whose server goes away.
    private static func insist(_ method: HTTPMethod, _ path: String, _ body: String, _ server: ServerProcess) async throws {
        for _ in 0..<600 {
            // Without a server the call throws; while it stops or cannot write it answers 503.
            guard let (status, answer) = try? await server.call(method, path, body), status != 503 else {
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
            return try #require(status == 200 || status == 201, "\(path) \(body): \(String(decoding: answer, as: UTF8.self))")
        }
        throw Unanswered()
    }

    private struct Unanswered: Error {}

    private static func read(_ path: String, _ server: ServerProcess) async throws -> JSONValue {
        try JSONValue(Array(try await server.call(.GET, path).body))
    }
}
