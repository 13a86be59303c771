import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireAccess
import TallywireCore
import TallywireEngine

/// Helpers with which handlers read a request and make its response.
extension InventoryAPI {
    var limits: HTTPLimits { configuration.limits }

    // MARK: Bodies

    /// The decoder for bodies, with the year of the clock by which tokens expire.
    var bodyDecoder: BodyDecoder { BodyDecoder(now: access.authenticator.now) }

    /// Decodes the JSON body.
    func decode<Body: Decodable>(_ type: Body.Type, from request: Request, _ context: APIContext) async throws -> Body {
        guard try BodyFormat(request) == .json else {
            throw Problem.unsupportedMediaType("this path takes application/json")
        }
        return try bodyDecoder.decode(type, from: await collect(request, context).readableBytesView)
    }

    /// Decodes the JSON body, which may be empty and then is an object without members. `userInfo` is for the type that is decoded.
    func decodeIfPresent<Body: Decodable>(
        _ type: Body.Type, from request: Request, _ context: APIContext, _ userInfo: [CodingUserInfoKey: any Sendable]
    ) async throws -> Body {
        guard try BodyFormat(request) == .json else {
            throw Problem.unsupportedMediaType("this path takes application/json")
        }
        let bytes = try await collect(request, context).readableBytesView
        return try bodyDecoder.decode(type, from: bytes.isEmpty ? Array("{}".utf8) : Array(bytes), userInfo)
    }

    /// Returns the whole body, if it keeps the limits of size and time.
    func collect(_ request: Request, _ context: APIContext) async throws -> ByteBuffer {
        try await collect(
            request, context, upTo: limits.body,
            orElse: .tooLarge("a JSON body has at most \(limits.body) bytes; movements can be sent as application/x-ndjson"))
    }

    /// Returns the whole body, if it has at most so many bytes and comes in time.
    func collect(
        _ request: Request, _ context: APIContext, upTo limit: Int, orElse tooLarge: Problem? = nil
    ) async throws -> ByteBuffer {
        let tooLarge = tooLarge ?? .tooLarge("a body has at most \(limit) bytes here")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        let timer = BodyTimer(of: request, channel: context.channel, limit: limits.bodyTime)
        timer.start()
        defer { timer.stop() }
        do {
            let body = try await request.body.collect(upTo: limit)
            if timer.hasExpired { throw Problem.timedOut(limits.bodyTime) }
            return body
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch  where timer.hasExpired {
            throw Problem.timedOut(limits.bodyTime)
        }
    }

    // MARK: Paths

    /// The number in the path. A number that cannot be an id names nothing.
    func id(_ context: APIContext, else code: Rejection.Code, _ what: String) throws -> Int64 {
        let text = context.parameters.get("id") ?? ""
        guard let id = Int64(text), (1...Limits.largestBalance).contains(id) else {
            throw Problem(
                Rejection(code, "there is no \(what) “\(text.excerpt)”: an id is a whole number from 1 to \(Limits.largestBalance)")
            )
        }
        return id
    }

    // MARK: Commands

    /// The id in the path of a request. One that nothing can have is unknown, like one that nothing has.
    func pathID(_ context: APIContext, orElse unknown: (String) -> Problem) throws -> String {
        let encoded = context.parameters.get("id") ?? ""
        guard let id = encoded.removingPercentEncoding, Command.validate(id: id) == nil else { throw unknown(encoded) }
        return id
    }

    /// The id of a change: the header `Idempotency-Key`, or the body's `id`, or both if they are equal.
    ///
    /// The header's value may stand as it is or in double quotes, as the IETF's draft has it.
    func commandID(_ request: Request, body: String? = nil) throws -> String? {
        guard var key = request.headers[.idempotencyKey] else { return body }
        if key.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        if let rejection = Command.validate(id: key) {
            throw Problem.invalidRequest(rejection.message, field: "Idempotency-Key")
        }
        guard body == nil || body == key else {
            throw Problem.invalidRequest("the header Idempotency-Key and the body's “id” differ: give one of them", field: "id")
        }
        return key
    }

    /// Submits a command of this API and returns its receipt when it is on disk, or throws why it was rejected.
    func submit(_ action: Command.Action, id: String?, device: String? = nil) async throws -> Receipt {
        try await submit(Command(id: id, device: device, source: Self.source(of: device), action: action))
    }

    /// Submits a command and returns its receipt when it is on disk, or throws why it was rejected.
    func submit(_ command: Command) async throws -> Receipt {
        var command = command
        command.trace = TraceParent.current
        switch await gateway.submit(command) {
        case .applied(let receipt): return receipt
        case .rejected(let rejection): throw Problem(rejection)
        }
    }

    // MARK: Responses

    /// The headers of a response whose values hold at `seq`.
    func headers(at seq: UInt64) -> HTTPFields {
        [.tallywireSeq: String(seq), .tallywireEpoch: journal.epoch]
    }

    /// The headers of the response to a change. The response shows the state at `seq`.
    func headers(at seq: UInt64, receipt: Receipt) -> HTTPFields {
        var headers = headers(at: seq)
        headers[.tallywireMovement] = receipt.movementID
        headers[.tallywireStatus] = receipt.status.rawValue
        return headers
    }

    /// The response to a change that has nothing else to show.
    func response(with receipt: Receipt) -> Response {
        .json(headers: [.tallywireEpoch: journal.epoch]) { receipt.write(to: &$0) }
    }
}
