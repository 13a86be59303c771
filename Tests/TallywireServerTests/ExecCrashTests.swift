import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// What an `exec` sink and an `exec` source promise, tried with the real program, real children and SIGKILL for each of them.
///
/// It prints the seed that the kills come from; `CRASH_SEED` gives one. `EXEC_CRASH_ROUNDS` says how many kills there are, 3 unless set.
@Suite("Crashes with programs")
struct ExecCrashTests {
    /// Notes each event's seq before it acknowledges it.
    private static let sink = """
        echo $$ > sink.pid
        echo '{"tallywire":1}'
        while read -r line; do
            n=${line#*:}; n=${n%%,*}
            echo "$n" >> seen
            echo "{\\"ack\\":$n}"
        done
        """

    /// Brings one movement after the other, each until its receipt is noted.
    private static let source = """
        echo $$ > source.pid
        until [ -e go ]; do sleep 0.05; done
        n=$(cat done 2>/dev/null || echo 0)
        while [ ! -e stop ]; do
            n=$((n + 1))
            echo "{\\"id\\":\\"m-$n\\",\\"lines\\":[{\\"sku\\":\\"TEE\\",\\"operation\\":\\"add\\",\\"quantity\\":1}]}"
            read -r receipt || exit 1
            echo "$receipt" >> receipts
            echo $n > done.new && mv done.new done
        done
        cat > /dev/null
        """

    @Test(
        "server and programs are killed at any moment: every event at least once, in order, and every movement once",
        .timeLimit(.minutes(10)))
    func killed() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["CRASH_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
        let rounds = environment["EXEC_CRASH_ROUNDS"].flatMap { Int($0) } ?? 3
        print("Crashes with programs: CRASH_SEED=\(seed)")
        let server = try ServerProcess(plugins: Self.plugins)
        try Self.sink.write(toFile: server.folder.file("sink.sh"), atomically: true, encoding: .utf8)
        try Self.source.write(toFile: server.folder.file("source.sh"), atomically: true, encoding: .utf8)
        try await server.start()
        let (status, _) = try await server.call(.POST, "/api/products", #"{"name":"Tee","sku":"TEE"}"#)
        #expect(status == 201)
        #expect(FileManager.default.createFile(atPath: server.folder.file("go"), contents: nil))

        var random = SplitMix(state: seed)
        for round in 1...rounds {
            let before = seen(server).count
            try await eventually("events arrive in round \(round)", within: .seconds(60)) { seen(server).count > before + 10 }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...30_000, using: &random)))
            // Each of the three in the first three rounds.
            switch round <= 3 ? round : Int.random(in: 1...3, using: &random) {
            case 1:
                let old = pid(server, "sink.pid")
                await server.kill()
                // The end of its standard input ends the program.
                try await eventually("the old program is gone") { old.map(isRunning) != true }
                try await server.start()
            case 2: if let pid = pid(server, "sink.pid") { kill(pid, SIGKILL) }
            default: if let pid = pid(server, "source.pid") { kill(pid, SIGKILL) }
            }
        }

        #expect(FileManager.default.createFile(atPath: server.folder.file("stop"), contents: nil))
        try await eventually("the source rests") {
            let done = lines(server, "done").first
            try await Task.sleep(for: .milliseconds(200))
            return done == lines(server, "done").first
        }
        let pipeline = try await server.drained()
        #expect(pipeline.sinks.allSatisfy { $0.isConserved && $0.dropped == 0 && $0.position == pipeline.seq })

        var newest: UInt64 = 0
        for seq in seen(server) {
            #expect(seq <= newest + 1, "\(seq) came after \(newest)")
            newest = max(newest, seq)
        }
        #expect(newest == pipeline.seq)

        let events = try await server.allEvents()
        let movements = events.filter { $0.type == "inventory_updated" }.compactMap(\.data.movementId)
        #expect(movements.count == Set(movements).count, "nothing was applied twice")
        let done = Int(lines(server, "done").first ?? "") ?? 0
        #expect(done > 0 && Set(movements).isSuperset(of: (1...done).map { "m-\($0)" }), "what had its receipt is there")
        #expect(movements.count <= done + 1)

        #expect(await server.terminate() == 0)
        for name in ["sink.pid", "source.pid"] {
            try await eventually("no program is left") { pid(server, name).map(isRunning) != true }
        }
        let audit = try await server.run("audit", "--data", "data")
        #expect(audit.status == 0, "\(audit.output)")
    }

    private func lines(_ server: ServerProcess, _ name: String) -> [Substring] {
        ((try? String(contentsOfFile: server.folder.file(name), encoding: .utf8)) ?? "").split(separator: "\n")
    }

    private func seen(_ server: ServerProcess) -> [UInt64] { lines(server, "seen").compactMap { UInt64($0) } }

    private func pid(_ server: ServerProcess, _ name: String) -> Int32? { lines(server, name).first.flatMap { Int32($0) } }

    private static let plugins = """
        {
          "sources": [{ "plugin": "exec", "name": "till", "command": ["sh", "source.sh"] }],
          "sinks": [{ "plugin": "exec", "name": "shop", "command": ["sh", "sink.sh"], "retry": { "max": "100ms" } }]
        }
        """
}
