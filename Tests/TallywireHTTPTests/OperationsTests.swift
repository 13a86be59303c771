import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Operations")
struct OperationsTests {
    @Test("the pipeline shows each source and sink with its state, its lag and its counters")
    func pipeline() async throws {
        try await Shop().open { client in
            let response = try await client.get("/api/pipeline")
            #expect(response["seq"] == 10)
            #expect(response["epoch"] == "test-epoch")
            #expect(response["sources"]?[0]?["state"] == "connected")
            #expect(response["sources"]?[0]?["malformed"] == 1)
            let sink = response["sinks"]?[0]
            #expect(sink?["state"] == "retrying")
            #expect(sink?["lagEvents"] == 2)
            #expect(sink?["lagSeconds"]?.number == 1.25)
            #expect(sink?["delivered"] == 8)
            #expect(sink?["lastError"] == "the disk is full")
            #expect(sink?["lastErrorAt"] == "2026-11-22T16:40:00.000Z")
        }
    }

    @Test("the last tries of a sink are shown, the newest first, and an unknown sink is said to be unknown")
    func deliveries() async throws {
        try await Shop().open { client in
            let items = try await client.get("/api/pipeline/hook/deliveries")["items"]
            #expect(items?[0]?["seq"] == 7 && items?[0]?["events"] == 3 && items?[0]?["attempt"] == 2)
            #expect(items?[0]?["status"] == 503 && items?[0]?["error"] == "503 Service Unavailable")
            #expect(items?[0]?["milliseconds"] == 12 && items?[0]?["at"] == "2026-11-22T16:40:00.000Z")
            #expect(items?[1]?["status"] == "failed" && items?[2]?["status"] == "delivered" && items?.elements.count == 3)
            #expect(try await client.get("/api/pipeline/hook2/deliveries", 404).code == "unknown_sink")
            #expect(try await client.get("/api/pipeline/hook/deliveries?limit=1", 400).code == "invalid_request")
        }
    }

    @Test("a replay is planned, begun and cancelled, and what is wrong with it is said")
    func replay() async throws {
        try await Shop().open { client in
            let path = "/api/pipeline/hook/replay"
            #expect(try await client.post(path, #"{"dryRun":true}"#, 200)["state"]?.string == "planned")
            let begun = try await client.post(path, #"{"deadLetters":true}"#, 202)
            #expect(begun["state"]?.string == "running" && begun["deadLetters"]?.bool == true && begun["events"]?.integer == 6)
            #expect(begun["from"]?.integer == 4 && begun["to"]?.integer == 9 && begun["endedAt"] == .null)
            #expect(try await client.post(path, "", 202)["deadLetters"]?.bool == false)
            // As any client may encode it.
            #expect(try await client.post("/api/pipeline/h%6Fok/replay", "", 202)["state"]?.string == "running")
            #expect(try await client.delete(path, 200)["state"]?.string == "finished")
            #expect(try await client.delete("/api/pipeline/other/replay", 409).code == "no_replay")
            #expect(try await client.post("/api/pipeline/other/replay", "{}", 404).code == "unknown_sink")
            #expect(try await client.post(path, #"{"to":1}"#, 410).code == "pruned")
            #expect(try await client.post(path, #"{"to":2}"#, 409).code == "replay_running")
            for (body, field) in [
                (#"{"from":1,"deadLetters":true}"#, "from"), (#"{"from":0}"#, "from"), (#"{"to":-1}"#, "to"),
                (#"{"since":1}"#, "since"),
                (#"{"dryRun":"yes"}"#, "dryRun"),
            ] {
                let problem = try await client.post(path, body, 400)
                #expect(problem.code == "invalid_request" && problem["field"]?.string == field, "\(body)")
            }
        }
    }

    @Test("health says live as long as the process runs, and ready only when the server is")
    func health() async throws {
        try await Shop().open { client in
            #expect(try await client.get("/health/live")["status"] == "live")
            let ready = try await client.get("/health/ready")
            #expect(ready["status"] == "ready")
            #expect(ready["seq"] == 1)
            #expect(ready["epoch"] == "test-epoch")
        }
        try await Shop(readiness: { .notReady("the journal is being opened") }).open { client in
            try await client.get("/health/live")
            let refused = try await client.get("/health/ready", 503)
            #expect(refused.code == "unavailable")
            #expect(refused.detail == "the journal is being opened")
            #expect(refused.header("Retry-After") == "1")
        }
    }

    @Test("a journal that cannot write makes changes unavailable, and nothing of them is there afterwards")
    func failingJournal() async throws {
        let shop = try Shop()
        try await shop.openStocked { client in
            shop.journal.failAppends(with: JournalError(.storage, "the disk is full"))
            let refused = try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#, 503)
            #expect(refused.code == "unavailable")
            #expect(refused.header("Retry-After") == "1")
            #expect(refused.detail.contains("the disk is full"))
            #expect(try await client.get("/api/variants/11")["stock"] == 0)
            shop.journal.failAppends(with: nil)
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            #expect(try await client.get("/api/variants/11")["stock"] == 5)
        }
    }

    @Test("the metrics are valid Prometheus text and count what happened")
    func metrics() async throws {
        try await Shop().openStocked { client in
            try await client.get("/api/products/1")
            try await client.get("/api/products/2")
            try await client.get("/api/products/3", 404)
            try await client.get("/nothing/here", 404)
            let response = try await client.get("/metrics")
            #expect(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let samples = try PrometheusReader.read(response.text)
            #expect(samples["tallywire_journal_seq"] == 10)
            #expect(samples["tallywire_products"] == 2)
            #expect(samples["tallywire_variants"] == 3)
            #expect(samples["tallywire_reservations"] == 0)
            #expect(samples[#"tallywire_info{version="0.1.0",epoch="test-epoch"}"#] == 1)
            #expect(samples[#"tallywire_engine_commands_total{result="applied"}"#] == 5)
            #expect(samples[#"tallywire_sink_lag_seconds{sink="log \"1\"",plugin="json-log"}"#] == 1.25)
            #expect(samples[#"tallywire_source_received_total{source="scanners",plugin="mqtt-scanners"}"#] == 7)
            let route = #"method="GET",route="/api/products/{id}""#
            #expect(samples["tallywire_http_requests_total{\(route),status=\"200\"}"] == 2)
            #expect(samples["tallywire_http_requests_total{\(route),status=\"404\"}"] == 1)
            #expect(samples[#"tallywire_http_requests_total{method="GET",route="none",status="404"}"#] == 1)
            #expect(samples["tallywire_http_request_duration_seconds_count{\(route)}"] == 3)
            #expect(samples["tallywire_http_request_duration_seconds_bucket{\(route),le=\"+Inf\"}"] == 3)
            #expect(samples["tallywire_http_requests_in_flight"] == 1)
        }
    }

    @Test("an unknown path is 404, a wrong method 405 with what is allowed")
    func methods() async throws {
        try await Shop().open { client in
            #expect(try await client.get("/api/nothing", 404).code == "not_found")
            #expect(try await client.get("/api/products/1/variants/2", 404).code == "not_found")
            let wrong = try await client.delete("/api/products", 405)
            #expect(wrong.code == "method_not_allowed")
            #expect(wrong.header("Allow") == "GET, HEAD, POST")
            #expect(try await client.post("/api/products/1", "{}", 405).header("Allow") == "GET, HEAD, PATCH, DELETE")
            #expect(try await client.get("/api/variants/1/inventory", 405).header("Allow") == "PATCH")
        }
    }

    @Test("HEAD answers like GET without a body")
    func head() async throws {
        try await Shop().openStocked { client in
            let response = try await client.send(.head, "/api/products/1", nil, 200, [:])
            #expect(response.bytes.isEmpty)
            #expect(response.header("Tallywire-Epoch") == "test-epoch")
        }
    }

    @Test("each response names its request, by the caller's name if that is fit for a log")
    func requestIDs() async throws {
        try await Shop().open { client in
            #expect(try await client.get("/health/live", headers: [.requestID: "abc-1"]).header("X-Request-Id") == "abc-1")
            #expect(try await client.get("/nothing", 404, headers: [.requestID: "abc-2"]).header("X-Request-Id") == "abc-2")
            let own = try await client.get("/health/live").header("X-Request-Id") ?? ""
            #expect(!own.isEmpty)
            let long = String(repeating: "x", count: 129)
            #expect(try await client.get("/health/live", headers: [.requestID: long]).header("X-Request-Id") != long)
        }
    }

    @Test("it answers over a socket as it does on the router")
    func socket() async throws {
        try await Shop().openStocked(.live) { client in
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":5}"#)
            #expect(try await client.get("/api/variants/11")["stock"] == 5)
            try await client.get("/nothing", 404)
        }
    }
}

/// Reads the Prometheus text format and insists on its rules.
private enum PrometheusReader {
    struct Mistake: Error {
        let line: Substring
    }

    static func read(_ text: String) throws -> [String: Double] {
        var samples: [String: Double] = [:]
        var types: Set<Substring> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                guard words.count == 4, types.insert(words[2]).inserted else { throw Mistake(line: line) }
            } else if !line.hasPrefix("# HELP ") {
                guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                    throw Mistake(line: line)
                }
                let series = line[..<space]
                let name = series.prefix { $0 != "{" }
                let family = ["_bucket", "_sum", "_count"].reduce(name) {
                    $0.hasSuffix($1) && !types.contains($0) ? $0.dropLast($1.count) : $0
                }
                guard types.contains(family), samples.updateValue(value, forKey: String(series)) == nil else {
                    throw Mistake(line: line)
                }
            }
        }
        return samples
    }
}
