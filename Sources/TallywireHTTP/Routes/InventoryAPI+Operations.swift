import Foundation
import HTTPEndpoints
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import PipelineHost
import TallywireCore
import TallywireEngine

/// The routes for operating the server: pipeline, health, metrics and the API's description.
extension InventoryAPI {
    func getPipeline(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let status = await pipeline.status()
        return .json(headers: headers(at: status.head), capacity: 2048) { status.write(to: &$0) }
    }

    func listDeliveries(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let name = sinkName(context)
        if let response = try await leaderResponse(to: request, of: name, context) { return response }
        guard let attempts = pipeline.deliveries(of: name) else { throw Problem.unknownSink(name) }
        return .json(headers: headers(at: feed.head), capacity: 160 * attempts.count) { json in
            json.object { json in
                json.array("items") { json in
                    for attempt in attempts { attempt.write(to: &json) }
                }
            }
        }
    }

    func replay(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = sinkName(context)
        if let response = try await leaderResponse(to: request, of: name, context, readsBody: true) { return response }
        let body = try await decodeIfPresent(ReplayBody.self, from: request, context, [:])
        do {
            let replay = try await pipeline.replay(body.request, to: name, isPlan: body.dryRun)
            return answer(replay, body.dryRun ? .ok : .accepted)
        } catch let refusal as ReplayRefusal {
            throw Problem(refusal, sink: name)
        }
    }

    func cancelReplay(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let name = sinkName(context)
        if let response = try await leaderResponse(to: request, of: name, context) { return response }
        do throws(ReplayRefusal) { return answer(try pipeline.cancelReplay(of: name), .ok) } catch {
            throw Problem(error, sink: name)
        }
    }

    /// The sink's name in the path of a request, which may be percent-encoded.
    private func sinkName(_ context: APIContext) -> String {
        let encoded = context.parameters.get("sink") ?? ""
        return encoded.removingPercentEncoding ?? encoded
    }

    private func answer(_ replay: Replay, _ status: HTTPResponse.Status) -> Response {
        .json(status, headers: headers(at: feed.head)) { json in
            json.object { replay.writeMembers(to: &$0) }
        }
    }

    /// Says that the process runs, without checking journal or sinks.
    func getLiveness(_ request: Request, _ context: APIContext) -> Response {
        .json { json in
            json.object { json in
                json.member("status", "live")
                json.member("version", configuration.version)
            }
        }
    }

    func getReadiness(_ request: Request, _ context: APIContext) async throws -> Response {
        if case .notReady(let reason) = await readiness() { throw Problem.unavailable(reason) }
        let range = try await journal.range()
        return .json(headers: headers(at: range.last)) { json in
            json.object { json in
                json.member("status", "ready")
                json.member("version", configuration.version)
                json.member("epoch", journal.epoch)
                json.member("seq", range.last)
                writeWarnings(&json)
            }
        }
    }

    /// Writes warnings: failures with which the server still works. The reasons are only in the log, since anybody may call this
    /// route.
    private func writeWarnings(_ json: inout JSONWriter) {
        let failing = reloads.filter { $0.current.failure != nil }
        guard !failing.isEmpty else { return }
        json.array("warnings") { json in
            for reload in failing {
                json.string(
                    "the \(reload.name) cannot be used as it is now, and what was there before serves on: see the server's log")
            }
        }
    }

    func getMetrics(_ request: Request, _ context: APIContext) async throws -> Response {
        let status = await pipeline.status()
        let counts = try await journal.counts().value
        var text = PrometheusText()
        text.metric("tallywire_info", .gauge, "The server's version and the journal's epoch.")
        text.sample("tallywire_info", [("version", configuration.version), ("epoch", status.epoch)], 1)
        text.metric("tallywire_start_time_seconds", .gauge, "When the process started, in seconds since 1970.")
        text.sample("tallywire_start_time_seconds", [], Double(startedAt.milliseconds) / 1000)
        if let backup = backups?.last {
            text.metric("tallywire_backup_age_seconds", .gauge, "How long ago the last backup was found to be whole.")
            text.sample("tallywire_backup_age_seconds", [], max(0, Double(Timestamp.now.milliseconds - backup.milliseconds) / 1000))
        }
        if let room = disk() {
            text.single("tallywire_disk_free_bytes", .gauge, "The room that is left on the disk of the journal.", room.free)
            text.single("tallywire_disk_size_bytes", .gauge, "The size of the disk of the journal.", room.total)
        }
        text.write(counts)
        text.write(status)
        if let member { text.write(member.cluster) }
        text.write(metrics.current)
        text.write(port)
        text.write(reloads, certificateExpiresAt: certificates?.expiresAt)
        text.single("tallywire_http_event_streams", .gauge, "Streams of events that are open.", streams.count)
        return Response(
            status: .ok, headers: [.contentType: PrometheusText.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }

    func getOpenAPI(_ request: Request, _ context: APIContext) -> Response {
        description(
            OpenAPI.document(
                version: configuration.version, endpoints: endpoints.requestEndpoints, base: configuration.base))
    }

    func getAsyncAPI(_ request: Request, _ context: APIContext) -> Response {
        description(AsyncAPI.document(version: configuration.version, configuration.messaging, base: configuration.base))
    }

    private func description(_ document: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
    }
}
