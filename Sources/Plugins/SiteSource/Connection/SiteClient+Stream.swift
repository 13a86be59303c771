import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import TallywireCore

/// The stream of a site's events.
extension SiteClient {
    /// The types of events that say something of catalogue and stock.
    private static let types: [EventType] = [.inventoryUpdated, .catalogueChanged, .productStatusChanged]

    /// Opens the stream of the events after `position`.
    func stream(after position: JournalPosition) async throws -> HTTPClientResponse.Body {
        let types = Self.types.map(\.rawValue).joined(separator: ",")
        var request = request("/api/events/stream?type=\(types)")
        request.headers.add(name: "Last-Event-ID", value: "\(position)")
        do {
            // The stream has no end, so only its silence is limited.
            let response = try await http.execute(request, deadline: .distantFuture)
            guard response.status == .ok else {
                try check(response, try await response.body.collect(upTo: Self.answerLimit))
                throw foreign("it answers \(response.status.code)")
            }
            guard response.headers.first(name: "Content-Type")?.hasPrefix("text/event-stream") == true else {
                throw foreign("it has no stream of events")
            }
            return response.body
        } catch {
            throw failure(error)
        }
    }

    /// The words for an error of the stream.
    func failure(_ error: any Error) -> any Error {
        do { return try SiteFailure(error, at: place, timeout: options.timeout) } catch { return error }
    }
}
