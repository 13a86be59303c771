import Foundation
import NIOCore
import TallywireCore

/// What the query of an Engine.IO request asks for.
struct EngineQuery: Equatable {
    enum Transport: String, CaseIterable, Sendable { case polling, websocket }

    let transport: Transport
    /// The session; `nil` if the client begins one.
    let sid: String?
    let token: String?

    /// Reads the query of a request's target.
    init(target: String) throws(MalformedPacket) {
        var values: [Substring: Substring] = [:]
        let query = target.firstIndex(of: "?").map { target[target.index(after: $0)...] } ?? ""
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, values[parts[0]] == nil { values[parts[0]] = parts[1] }
        }
        guard values["EIO"] == "4" else { throw MalformedPacket("this server speaks Engine.IO 4: EIO=4 is expected") }
        guard let transport = values["transport"].flatMap({ Transport(rawValue: String($0)) }) else {
            throw MalformedPacket("transport is polling or websocket")
        }
        self.transport = transport
        sid = values["sid"].map { String($0) }
        token = values["token"].flatMap { String($0).removingPercentEncoding }
    }
}

/// What the server tells a client first.
struct EngineHandshake: Equatable {
    let sid: String
    let upgrades: [EngineQuery.Transport]
    let pingInterval: Duration
    let pingTimeout: Duration
    let maxPayload: Int

    var packet: EnginePacket {
        var json = JSONWriter(capacity: 128)
        json.object { json in
            json.member("sid", sid)
            json.array("upgrades") { json in for transport in upgrades { json.string(transport.rawValue) } }
            json.member("pingInterval", pingInterval.wholeMilliseconds)
            json.member("pingTimeout", pingTimeout.wholeMilliseconds)
            json.member("maxPayload", Int64(maxPayload))
        }
        return EnginePacket(kind: .open, payload: ByteBuffer(bytes: json.bytes))
    }

    /// A new name for a session: 120 bits of chance, so that nobody finds another's.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        return Data((0..<15).map { _ in UInt8.random(in: .min ... .max, using: &generator) }).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }
}
