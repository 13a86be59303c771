import Backoff
import PipelineHost
import PostgreSQL
import Synchronization
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import PostgresSink

extension PostgresTests {
    @Test("an hour with a database that does everything wrong: nothing grows but the lag; then each event is there once")
    func hour() async throws {
        let database = try await database()
        let proxy = try await FaultyProxy.start(to: server.port)
        let sink = PostgresSink(options(database, port: proxy.port, timeout: .milliseconds(500)))
        let server = server
        func statement(_ name: String, _ wrong: String, _ right: String) -> SinkHour.Fault {
            SinkHour.Fault(name, times: 8, { try await server.connection(to: database).execute(wrong) }) {
                try await server.connection(to: database).execute(right)
            }
        }
        let hour = try SinkHour([
            statement(
                "full",
                """
                CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                  RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
                CREATE TRIGGER full_disk BEFORE INSERT ON tallywire_events EXECUTE FUNCTION full_disk()
                """, "DROP TRIGGER full_disk ON tallywire_events"),
            .init("hangs", times: 3, { proxy.swallow() }, end: proxy.heal),
            .init("commits without a word", times: 3, { proxy.swallow([.toClient]) }, end: proxy.heal),
            .init(
                "away",
                {
                    try await proxy.refuseLinks(); proxy.cut()
                }, end: proxy.heal),
            .init("nonsense", { proxy.talk("HTTP/1.1 400 Bad Request\r\n\r\n") }, end: proxy.heal),
            statement(
                "has no table", "ALTER TABLE tallywire_stock RENAME TO tallywire_elsewhere",
                "ALTER TABLE tallywire_elsewhere RENAME TO tallywire_stock"),
        ]) { _ in proxy.linkCount > 8 ? ["\(proxy.linkCount) connections are open"] : [] }
        let head = try await hour.play(sink, named: "db", retry: Backoff(maximum: .seconds(90)))
        #expect(hour.mistakes == [] && hour.tries > 40)
        #expect(try await seqs(database) == Array(1...head))
        try await proxy.close()
    }
}
