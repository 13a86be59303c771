import Foundation
import PostgreSQL
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import ExecPlugin

/// Programs that know nothing of Tallywire, as docs/EXEC.md shows them.
@Suite("Programs that nobody here wrote", .timeLimit(.minutes(1)))
struct ForeignProgramTests {
    let programs: ExecPrograms

    init() throws { programs = try ExecPrograms() }

    @Test("jq is a whole sink in a line: it greets, and acknowledges what it has read")
    func jqStream() async throws {
        let filter = "{tallywire: 1}, (inputs | (.event.data.sku | stderr | empty), {ack: .seq})"
        try await programs.run(StreamSink(programs.options(["jq", "--unbuffered", "-nc", filter]))) { sink in
            for first in stride(from: 1, to: 300, by: 100) {
                let delivery = try await sink.deliver(batch(first...first + 99))
                #expect(delivery.rejected.isEmpty)
            }
        }
    }

    @Test("jq by event: an event that its filter does not like is tried again")
    func jqEach() async throws {
        let filter = "if .seq == 2 then error(\"two\") else .seq end"
        try await programs.run(EachSink(programs.options(["jq", "-e", filter]))) { sink in
            let error = await failure { try await sink.deliver(batch(1...3)) }
            #expect(error?.interruption?.through == 1 && error?.reason.contains("status 5") == true, "\(String(describing: error))")
        }
    }

    @Test("mosquitto_pub -l publishes each event, and an absent broker is a failure that is tried again")
    func mosquitto() async throws {
        let broker = try TestBroker()
        let client = Process()
        client.executableURL = URL(filePath: "/usr/bin/env")
        client.arguments = ["mosquitto_sub", "-p", "\(broker.port)", "-q", "1", "-t", "events/all", "-C", "3"]
        #expect(FileManager.default.createFile(atPath: programs.folder.file("seen"), contents: nil))
        client.standardOutput = try FileHandle(forWritingTo: URL(filePath: programs.folder.file("seen")))
        try client.run()
        defer { client.terminate() }
        try await eventually("the client listens") { broker.log.contains("Sending SUBACK") }

        let command = ["mosquitto_pub", "-p", "\(broker.port)", "-q", "1", "-t", "events/all", "-l"]
        try await programs.run(EachSink(programs.options(command))) { sink in
            let delivery = try await sink.deliver(batch(1...3))
            #expect(delivery.rejected.isEmpty)
            try await eventually("the events are there") { programs.lines().count == 3 }
            #expect(programs.lines().map { $0.prefix(9) } == ["{\"seq\":1,", "{\"seq\":2,", "{\"seq\":3,"])
            broker.stop()
            let error = await failure { try await sink.deliver(batch(4...4)) }
            #expect(error?.reason.contains("ended with status 1") == true, "\(String(describing: error))")
        }
    }

    @Test("psql copies each event into a table")
    func psql() async throws {
        let server = try PostgresServer()
        let database = try await server.database(tables: "create table events (doc jsonb)")
        let copy = #"\copy events from pstdin with (format csv, quote e'\x01', delimiter e'\x02')"#
        let options = programs.options(["psql", "-X", "-q", "-c", copy]) {
            $0.environment = [
                "PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGUSER": "tallywire", "PGDATABASE": database,
                "PGPASSWORD": PostgresServer.password,
            ]
        }
        try await programs.run(EachSink(options)) { sink in
            let delivery = try await sink.deliver(batch(1...3))
            #expect(delivery.rejected.isEmpty)
            let rows = try await server.connection(to: database)
            let seqs = try rows.query("select string_agg(doc->>'seq', ' ' order by doc->'seq') from events")
            #expect(seqs == [["1 2 3"]])
            try rows.execute("drop table events")
            let error = await failure { try await sink.deliver(batch(4...4)) }
            #expect(error?.reason.contains("relation \"events\" does not exist") == true, "\(String(describing: error))")
        }
        #expect(!programs.log.lines.contains { $0.contains(PostgresServer.password) })
    }
}
