import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Answers requests with a responder, as Hummingbird's `Application` does: with the headers `Date` and `Server`, and 500 for an error
/// that the responder has not turned into a response.
struct RoutedAnswers<Responder: HTTPResponder>: Sendable
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    /// A request's body could not be read any more when a part of the response had been sent. Another response cannot follow.
    struct Interrupted: Error {}

    let responder: Responder
    let name: String
    let logger: Logger
    private let date = HTTPDate()

    init(responder: Responder, name: String, logger: Logger) {
        self.responder = responder
        self.name = name
        self.logger = logger
    }

    func answer(_ request: Request, _ writer: consuming ResponseWriter, on channel: any Channel) async throws {
        var response = try await response(to: request, on: channel)
        response.headers[.date] = date.text()
        response.headers[.server] = name
        do {
            try await writer.write(response: response.head, body: response.body)
        } catch is HTTPParserError {
            throw Interrupted()
        }
    }

    private func response(to request: Request, on channel: any Channel) async throws -> Response {
        var logger = logger
        logger[metadataKey: "hb.request.id"] = .stringConvertible(RequestID())
        do {
            return try await responder.respond(to: request, context: .init(source: .init(channel: channel, logger: logger)))
        } catch let error as HTTPParserError {
            // The channel answers it with 400.
            throw error
        } catch {
            logger.debug("A request failed.", metadata: ["error": "\(error)"])
            return Response(status: .internalServerError)
        }
    }
}
