import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// `tallywire tail` beside a server that is killed.
@Suite("Following a room in the terminal", .timeLimit(.minutes(3)))
struct TailRestartTests {
    @Test("tail shows each event of the room once and in order, however often the server is killed and started again")
    func killed() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        let port = try #require(URL(string: server.url)?.port)
        #expect(try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","lowStockThreshold":0}"#).status == 201)
        let moves = 90
        let output = server.folder.file("tail.log")
        let command = [
            "tail", "--room", "shop", "--since", "1", "--count", "\(moves)", "--json", "--server", server.url,
        ]
        async let tail = ServerProcess.run(command, in: server.folder.path, output: output)
        try await move(server, 1)
        try await eventually("tail follows") { (try? String(contentsOfFile: output, encoding: .utf8))?.isEmpty == false }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 2...moves { try await move(server, number) }
            }
            for round in 1...3 {
                try await eventually("more moves are in before kill \(round)", within: .seconds(60)) {
                    (try? await head(server)).map { $0 >= UInt64(round * moves / 5) } ?? false
                }
                await server.kill()
                try await server.start(["--port", "\(port)"])
            }
            try await group.waitForAll()
        }
        let shown = try await tail
        struct Line: Decodable { let seq: UInt64 }
        let seqs = try shown.output.split(separator: "\n").filter { $0.hasPrefix("{") }
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).seq }
        let expected = try await server.allEvents().filter { $0.type == "inventory_updated" }.map(\.seq)
        #expect(shown.status == 0 && expected.count == moves)
        #expect(seqs == expected, "\(shown.output)")
        #expect(await server.terminate() == 0)
    }

    /// Says the same until the server has said that it is on disk, so that it counts once however often the server dies meanwhile.
    private func move(_ server: ServerProcess, _ number: Int) async throws {
        let body = #"{"id":"move-\#(number)","lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
        try await eventually("move \(number) is taken", within: .seconds(60)) {
            (try? await server.call(.POST, "/api/movements", body).status) == 200
        }
    }

    private func head(_ server: ServerProcess) async throws -> UInt64 {
        let pipeline: PipelineResponse = try await server.get("/api/pipeline")
        return pipeline.seq
    }
}
