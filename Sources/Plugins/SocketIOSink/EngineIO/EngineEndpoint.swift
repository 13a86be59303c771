import HTTPEndpoints
import NIOCore
import NIOHTTP1
import RoomHub
import TallywireAccess
import TallywireCore
import WebSocketServer

/// A path where Engine.IO is spoken, by polling and over WebSockets.
struct EngineEndpoint: RequestEndpoint {
    let engine: EngineServer
    let path: String

    private var configuration: SocketIOConfiguration { engine.configuration }

    var bodyLimit: Int { configuration.maxPayload }
    /// The suites may send requests and open WebSockets over shared connections.
    var endsConnections: Bool { configuration.conformance }
    var openAPI: JSONValue { EngineDescription.pathItem }

    // MARK: WebSockets

    func admit(_ request: UpgradeRequest) -> UpgradeAdmission {
        do throws(MalformedPacket) {
            let query = try EngineQuery(target: request.head.uri)
            guard query.transport == .websocket, configuration.transports.contains(.websocket) else {
                throw MalformedPacket("a WebSocket is asked for with transport=websocket, where the server offers it")
            }
            do { _ = try request.identified(by: query) } catch {
                let (status, code) = error.answer
                return error.awaitsKeys
                    ? .afterKeys(status, code: code, message: error.message) : .refuse(status, code: code, message: error.message)
            }
            guard let sid = query.sid else { return engine.hub.admission }
            // The session was admitted when it began.
            guard engine.polling(sid) != nil else { throw MalformedPacket("there is no session with this sid that polls") }
            return .accept([:])
        } catch {
            return .refuse(.badRequest, code: "invalid_request", message: error.message)
        }
    }

    func install(on channel: any Channel, request: UpgradeRequest) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let query = try EngineQuery(target: request.head.uri)
            let limits = configuration.hub.limits
            let socket = EngineSocket(engine, try request.identified(by: query), probing: query.sid)
            let reader = MessageReader(message: configuration.maxPayload, fragments: 1024)
            try channel.addWebSocketHandlers(
                WebSocketConnection(host: engine.hub, session: socket, reader: reader, buffer: limits.buffer),
                waterMark: min(64 * 1024, limits.buffer))
        }
    }

    // MARK: Polling

    func respond(to request: EndpointRequest) async -> EndpointResponse {
        let method = request.upgrade.head.method
        do throws(MalformedPacket) {
            let query = try EngineQuery(target: request.upgrade.head.uri)
            guard query.transport == .polling, configuration.transports.contains(.polling) else {
                throw MalformedPacket("transport=websocket needs an upgrade; transport=polling may be turned off")
            }
            switch (method, query.sid) {
            case (.GET, nil): return await begin(request, query)
            case (.GET, let sid?): return await poll(sid)
            case (.POST, let sid?): return await receive(request.body, sid)
            default: throw MalformedPacket("GET begins a session and polls; POST, with a sid, sends")
            }
        } catch {
            return .malformed(error)
        }
    }

    private func begin(_ request: EndpointRequest, _ query: EngineQuery) async -> EndpointResponse {
        if case .refuse(let status, let code, let message) = engine.hub.admission {
            return .refuse(status, code: code, message: message)
        }
        let identified: UpgradeRequest
        do {
            identified = try await request.upgrade.identifiedAfterKeys(by: query)
        } catch {
            let (status, code) = error.answer
            return .refuse(status, code: code, message: error.message)
        }
        guard engine.admit(identified.caller) else { return .tooManySessions }
        let loop = request.eventLoop
        let engine = engine
        do {
            return try await loop.submit {
                let application = engine.makeApplication(identified, loop.now)
                let session = PollingSession(engine, application, of: identified.caller, on: loop)
                return .text(EnginePayload.body([engine.handshake(session.sid, upgrades: [.websocket]).packet]))
            }.get()
        } catch {
            return .goingAway
        }
    }

    private func poll(_ sid: String) async -> EndpointResponse {
        guard let (session, loop) = engine.polling(sid) else { return .unknownSession }
        let promise = loop.makePromise(of: EndpointResponse.self)
        let number = loop.submit { session.value.poll(promise) }
        number.whenFailure { promise.fail($0) }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                number.whenSuccess { number in session.value.forget(number) }
            }
        } catch {
            return .goingAway
        }
    }

    private func receive(_ body: ByteBuffer, _ sid: String) async -> EndpointResponse {
        guard let (session, loop) = engine.polling(sid) else { return .unknownSession }
        do { return try await loop.submit { session.value.receive(body) }.get() } catch { return .goingAway }
    }
}

extension UpgradeRequest {
    /// The request with the principal of the token in its query, if it has one and no other. A browser cannot set headers of a
    /// WebSocket.
    fileprivate func identified(by query: EngineQuery) throws(AuthenticationFailure) -> UpgradeRequest {
        guard let token = query.token, principal == nil || principal == .anybody else { return self }
        return UpgradeRequest(
            head: head, remote: remote, caller: caller, principal: try authenticator.principal(bearingIfAny: token),
            authenticator: authenticator, node: node)
    }

    /// The same. Waits for keys that have to be fetched.
    fileprivate func identifiedAfterKeys(by query: EngineQuery) async throws(AuthenticationFailure) -> UpgradeRequest {
        do {
            return try identified(by: query)
        } catch {
            guard error.awaitsKeys, await authenticator.keysWereAskedFor() else { throw error }
        }
        return try identified(by: query)
    }
}

extension AuthenticationFailure {
    fileprivate var answer: (status: HTTPResponseStatus, code: String) {
        reason == .keysUnavailable ? (.serviceUnavailable, "unavailable") : (.unauthorized, "unauthenticated")
    }
}

extension EndpointResponse {
    fileprivate static let goingAway = EndpointResponse.refuse(
        .serviceUnavailable, code: "unavailable", message: "the server ends; come back")

    fileprivate static let tooManySessions = EndpointResponse.refuse(
        .serviceUnavailable, code: "overloaded", message: "too many sessions of this address poll; end one first")
}
