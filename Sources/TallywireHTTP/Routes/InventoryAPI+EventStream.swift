import HTTPPort
import HTTPTypes
import Hummingbird
import HummingbirdCore
import TallywireAccess
import TallywireCore
import TallywireEngine

/// `/api/events/stream`: the journal's events as they are committed.
extension InventoryAPI {
    /// Sends the events after the client's position, and then each one as it is committed, until the client disconnects or the
    /// server stops.
    ///
    /// The position is that of `Last-Event-ID`, which browsers send when they reconnect, else that of `since`, else the last
    /// committed event.
    func streamEvents(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try QueryReader(request, parameters: ["since", "type"])
        let types = try eventTypes(query)
        guard let slot = streams.take() else {
            throw Problem.overloaded("all \(limits.streams) event streams are taken; try again later")
        }
        let start = try await streamStart(lastEventID: request.headers[.lastEventID], since: query.text("since"))
        let authenticator = access.authenticator
        let principal = context.principal
        let stream = EventStream(
            feed: feed, epoch: journal.epoch, start: start, types: types, limits: limits, channel: context.channel,
            isAllowed: { authenticator.lets(stay: principal) })
        return Response(
            status: .ok, headers: [.contentType: EventStream.mediaType, .connection: "close", .accelBuffering: "no"],
            body: ResponseBody { writer in
                let body = writer
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    var writer = body
                    try await stream.run(&writer)
                }
                withExtendedLifetime(slot) {}
            })
    }

    private func streamStart(lastEventID: String?, since: String?) async throws -> EventStream.Start {
        let position: JournalPosition
        if let lastEventID, !lastEventID.isEmpty {
            // The client cannot correct a header that its browser sends by itself. An id of another server is a position in another
            // journal.
            guard let last = JournalPosition(lastEventID) else { return .reset }
            position = last
        } else if let since {
            guard let given = JournalPosition(since) else {
                throw Problem.invalidRequest("EPOCH:SEQ is expected, as the id of an event has it", field: "since")
            }
            position = given
        } else {
            return .after(feed.head)
        }
        guard position.epoch == journal.epoch, try await isHere(position.seq) else { return .reset }
        return .after(position.seq)
    }

    /// Whether this journal has the event `seq` of its epoch, after the wait that ``AheadPolicy`` allows. Throws if the client has to
    /// come back for it.
    func isHere(_ seq: UInt64) async throws(Problem) -> Bool {
        guard seq > feed.head else { return true }
        guard case .wait(let limit) = configuration.ahead else { return false }
        guard await feed.reached(seq, within: limit) else {
            throw .unavailable("event \(seq) has not come to this node yet: come back in a moment, or ask another node")
        }
        return true
    }
}

extension HTTPField.Name {
    /// The position of a client of Server-Sent Events.
    static let lastEventID = HTTPField.Name.unchecked("Last-Event-ID")
    /// Tells nginx not to buffer the response.
    static let accelBuffering = HTTPField.Name.unchecked("X-Accel-Buffering")
}
