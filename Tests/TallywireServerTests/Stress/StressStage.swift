import Foundation
import NIOHTTP1
import Synchronization
import TallywireTesting
import TestSupport
import Testing

/// The server under stress and who acts on it.
final class StressStage: Sendable {
    let server: ServerProcess
    let port: Int
    private let process: Int
    /// The last stock of each variant, as the events say it at the end of the last play.
    var stock: [String: UInt64] { state.withLock { $0 } }
    private let state = Mutex<[String: UInt64]>([:])

    static let variants = 24
    static let movements = 8_000

    init(_ server: ServerProcess) async throws {
        self.server = server
        port = try #require(URL(string: server.url)?.port)
        struct Ready: Decodable { let pid: Int }
        let ready = try #require(FileManager.default.contents(atPath: server.folder.file("ready.json")))
        process = try JSONDecoder().decode(Ready.self, from: ready).pid
        for number in 0..<Self.variants {
            let (status, _) = try await server.call(.POST, "/api/products", #"{"name":"\#(number)","sku":"S\#(number)"}"#)
            #expect(status == 201)
        }
        try await fillCache()
    }

    /// Writes until the journal's page cache, 64 MiB, is full: what grows after that is not the cache.
    private func fillCache() async throws {
        let reason = String(repeating: "x", count: 190)
        let lines = (0..<1000).map { #"{"sku":"S\#($0 % Self.variants)","operation":"add","quantity":1}"# }.joined(separator: ",")
        for _ in 0..<80 {
            let (status, _) = try await server.call(.POST, "/api/movements", #"{"reason":"\#(reason)","lines":[\#(lines)]}"#)
            #expect(status == 200)
        }
    }

    /// What the server's process holds.
    struct Resources {
        /// Bytes of its own that are resident: not those of the journal's file, which grows and is mapped.
        var memory: Int
        /// Descriptors, but for those of the journal, which opens its few connections for reading when they are first needed together.
        var files: Int
    }

    func resources() async throws -> Resources {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        let memory = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        let folder = "/proc/\(process)/fd"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { descriptor in
            // One that was closed since is none.
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)")
            return target?.contains("/tallywire.db") == false
        }
        return Resources(memory: memory << 10, files: files.count)
    }

    func connections() async throws -> Int {
        let (_, body) = try await server.call(.GET, "/metrics")
        let line = String(decoding: body, as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("tallywire_websocket_connections{")
        }
        return try #require(line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) })
    }

    func head() async throws -> UInt64 {
        struct Ready: Decodable { let seq: UInt64 }
        let ready: Ready = try await server.get("/health/ready")
        return ready.seq
    }

    // MARK: The play

    /// Who took part, and its copy of the room at the end.
    struct Player: Sendable {
        let name: String
        let copy: RoomCopy
    }

    /// One round: gives everybody's copy of the room when all has come to rest.
    func play(seed: UInt64) async throws -> [Player] {
        let start = try await head()
        progress.withLock { $0.head = start }
        var copies = try await withThrowingTaskGroup(of: Player?.self) { group in
            group.addTask {
                try await self.write(seed: seed)
                return nil
            }
            for number in 0..<4 as Range<UInt64> {
                group.addTask { Player(name: "reader \(number)", copy: try await self.read(seed &+ 100 &+ number)) }
            }
            for number in 0..<8 as Range<UInt64> {
                group.addTask { Player(name: "flapper \(number)", copy: try await self.flap(seed &+ 200 &+ number, from: start)) }
            }
            for number in 0..<2 as Range<UInt64> {
                group.addTask { Player(name: "sleeper \(number)", copy: try await self.sleep(seed &+ 300 &+ number)) }
                group.addTask {
                    try await self.sendMalformed(seed &+ 400 &+ number)
                    return nil
                }
            }
            return try await group.reduce(into: [Player]()) { players, player in if let player { players.append(player) } }
        }
        copies += try await storm(epoch: copies.first?.copy.epoch ?? "")
        var last: [String: UInt64] = [:]
        for event in try await server.allEvents() where event.type == "inventory_updated" {
            if let sku = event.data.sku { last[sku] = event.data.stock.flatMap { UInt64($0) } }
        }
        let stock = last
        state.withLock { $0 = stock }
        return copies
    }

    /// Moves stock up and down around nothing and around its thresholds, and products in and out of sale.
    private func write(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let reason = String(repeating: "x", count: 190)
        var written = 0
        while written < Self.movements {
            let count = 1 + Int(random.next() % 120)
            let movements = (0..<count).map { _ in
                let sku = "S\(random.next() % UInt64(Self.variants))"
                let quantity = random.next() % 200
                return #"{"reason":"\#(reason)","lines":[{"sku":"\#(sku)","operation":"set","quantity":\#(quantity)}]}"#
            }
            let (status, _) = try await server.call(.POST, "/api/movements", "[\(movements.joined(separator: ","))]")
            #expect(status == 200)
            written += count
            let head = try await head()
            progress.withLock { $0.head = head }
            if random.next() % 4 == 0 {
                let product = 1 + random.next() % UInt64(Self.variants)
                let word = Bool.random(using: &random) ? "active" : "inactive"
                let (status, _) = try await server.call(.PATCH, "/api/products/\(product)/status", #"{"status":"\#(word)"}"#)
                #expect(status == 200)
            }
        }
        let head = try await head()
        progress.withLock { $0 = Progress(rounds: $0.rounds + 1, head: head) }
    }

    private struct Progress {
        /// Rounds that were written to their ends.
        var rounds = 0
        /// The last event, as the writer knows it.
        var head: UInt64 = 0
    }

    private let progress = Mutex(Progress())
    private var round: Int { progress.withLock { $0.rounds } }

    /// Waits until this round is written, and gives the last event then.
    private func end(of round: Int) async throws -> UInt64 {
        try await eventually("the round is written", within: .seconds(300)) { self.round > round }
        return progress.withLock { $0.head }
    }

    /// Waits until there is this event, or the round is written.
    private func wait(for seq: UInt64, in round: Int) async throws {
        try await eventually("event \(seq) is written", within: .seconds(300)) {
            progress.withLock { $0.head >= seq || $0.rounds > round }
        }
    }

    /// Joins somewhere during the writes and stays.
    private func read(_ seed: UInt64) async throws -> RoomCopy {
        let round = round
        var client = StressClient(port: port, room: "slim", seed: seed)
        try await client.connect()
        try await client.catchUp(to: end(of: round))
        try await client.disconnect()
        return client.copy
    }

    /// Comes and goes, and stays away for a while or for long.
    private func flap(_ seed: UInt64, from start: UInt64) async throws -> RoomCopy {
        let round = round
        var client = StressClient(port: port, room: "slim", seed: seed)
        while self.round == round {
            try await client.connect()
            // It has to have its values once; after that it goes whenever.
            if client.copy.snapshots == 0 { try await client.catchUp(to: start) }
            let goal = client.copy.position + UInt64(client.chance(300))
            try await wait(for: goal, in: round)
            if self.round == round { try await client.catchUp(to: goal) }
            try await client.disconnect()
            try await wait(for: client.copy.position + UInt64(client.chance(900)), in: round)
        }
        try await client.connect()
        try await client.catchUp(to: head())
        try await client.disconnect()
        return client.copy
    }

    /// Reads nothing for most of the round.
    private func sleep(_ seed: UInt64) async throws -> RoomCopy {
        let round = round
        var client = StressClient(port: port, room: "whole", seed: seed, copy: RoomCopy(mayMerge: true))
        try await client.connect()
        try await client.catchUp(to: 1)
        try await client.sleep { _ = try await end(of: round) }
        try await client.catchUp(to: head())
        try await client.disconnect()
        return client.copy
    }

    /// Sends what no client should, over and over.
    private func sendMalformed(_ seed: UInt64) async throws {
        let round = round
        var random = SplitMix(state: seed)
        while self.round == round {
            let client = try await WebSocketClient.connect(port: port, "/ws?room=slim")
            let length = 1 + Int(random.next() % 40)
            let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            switch random.next() % 5 {
            case 0: try? await client.send(raw: noise)
            case 1: try? await client.send(raw: [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] + noise)
            case 2: try? await client.send(raw: [0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28])
            case 3: for _ in 0..<30 { try? await client.send(#"{"type":"join","room":\#(noise)}"#) }
            default: try? await client.send(binary: noise)
            }
            // Whatever it makes of that, it has to have done so within a moment; then the client is gone.
            _ = try? await client.next()
            await client.disconnect()
        }
    }

    /// All come back in the same moment, each from somewhere else, and go on without a gap.
    private func storm(epoch: String) async throws -> [Player] {
        let head = try await head()
        return try await withThrowingTaskGroup(of: Player.self) { group in
            for number in 0..<40 as Range<UInt64> {
                let copy = RoomCopy(epoch: epoch, position: head - min(head - 1, number * number))
                group.addTask {
                    var client = StressClient(port: self.port, room: number % 4 == 0 ? "whole" : "slim", seed: number, copy: copy)
                    try await client.connect()
                    try await client.catchUp(to: head)
                    try await client.disconnect()
                    return Player(name: "storm \(number)", copy: client.copy)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
