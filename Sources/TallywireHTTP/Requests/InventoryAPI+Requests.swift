import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// What handlers need to read a request and to answer it.
extension InventoryAPI {
    var limits: HTTPLimits { configuration.limits }

    // MARK: Bodies

    /// Reads bodies as of the time of the clock that says which tokens have expired.
    var bodyDecoder: BodyDecoder { BodyDecoder(now: access.authenticator.now) }

    /// Decodes the JSON body.
    func decode<Body: Decodable>(_ type: Body.Type, from request: Request, _ context: APIContext) async throws -> Body {
        guard try BodyFormat(request) == .json else {
            throw Problem.unsupportedMediaType("this path takes application/json")
        }
        return try bodyDecoder.decode(type, from: await collect(request, context).readableBytesView)
    }

    /// The whole body, if it keeps to the limits of size and time.
    func collect(_ request: Request, _ context: APIContext) async throws -> ByteBuffer {
        let tooLarge = Problem.tooLarge(
            "a JSON body has at most \(limits.body) bytes; movements can be sent as application/x-ndjson")
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.body { throw tooLarge }
        let timer = BodyTimer(of: request, channel: context.channel, limit: limits.bodyTime)
        timer.start()
        defer { timer.stop() }
        do {
            let body = try await request.body.collect(upTo: limits.body)
            if timer.hasExpired { throw Problem.timedOut(limits.bodyTime) }
            return body
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch  where timer.hasExpired {
            throw Problem.timedOut(limits.bodyTime)
        }
    }

    // MARK: Paths

    /// The number that the path names, which no thing can have if it is not an id.
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

    /// The id of a change: the header `Idempotency-Key`, or the body's `id`, or both if they agree.
    ///
    /// The header is taken as it is, or in double quotes, as the IETF's draft has it.
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

    /// Hands in a command of this API and waits until it is on disk, or throws what it was refused for.
    func submit(_ action: Command.Action, id: String?, device: String? = nil) async throws -> Receipt {
        switch await gateway.submit(Command(id: id, device: device, source: Self.source(of: device), action: action)) {
        case .applied(let receipt): return receipt
        case .rejected(let rejection): throw Problem(rejection)
        }
    }

    // MARK: Answers

    /// The headers of an answer that is true at `seq`.
    func headers(at seq: UInt64) -> HTTPFields {
        [.tallywireSeq: String(seq), .tallywireEpoch: journal.epoch]
    }

    /// The headers of an answer to a change, which shows the state at `seq`.
    func headers(at seq: UInt64, receipt: Receipt) -> HTTPFields {
        var headers = headers(at: seq)
        headers[.tallywireMovement] = receipt.movementID
        headers[.tallywireStatus] = receipt.status.rawValue
        return headers
    }

    /// The answer to a change that leaves nothing else to show.
    func answer(_ receipt: Receipt) -> Response {
        .json(headers: [.tallywireEpoch: journal.epoch]) { receipt.write(to: &$0) }
    }
}
