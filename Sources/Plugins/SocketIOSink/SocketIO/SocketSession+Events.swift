import NIOCore
import RoomHub
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// What a client says: events that join rooms, and those of the official suite.
extension SocketSession {
    func take(_ name: String, _ packet: SocketPacket) throws(MalformedPacket) {
        guard isWithinRate(packet) else { return }
        if server.configuration.conformance, answerSuite(name, packet) { return }
        guard packet.namespace == SocketPacket.mainNamespace, let rooms, let loop else { return }
        guard let room = server.configuration.joins[name] else {
            // A front end that was written for another server may say more than this one hears.
            return acknowledge(
                packet, ["ok": false, "code": "unknown_event", "message": .string("no event here is “\(name.excerpt)”")])
        }
        do throws(ClientError) {
            try join(rooms, room)
        } catch {
            return refuse(packet, error)
        }
        state.errors = 0
        let names = rooms.membership.rooms.compactMap { server.hub.directory.name(of: $0) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        server.sessions.remember(names, of: state.visit, on: loop).whenSuccess {
            bound.value.acknowledge(packet, ["ok": true, "room": .string(room)])
        }
    }

    /// Joins a room. For a client that is behind, as one that polls mostly is, the room begins where the client is: after the
    /// acknowledgement nothing of the room is missing.
    private func join(_ rooms: RoomSession, _ name: String) throws(ClientError) {
        let directory = server.hub.directory
        guard let room = directory.room(named: name), !rooms.membership.rooms.contains(room), let position = rooms.readingPosition,
            let shard = loop.flatMap({ server.hub.shard(of: $0) })
        else { return try rooms.join(name) }
        try rooms.join(name, since: JournalPosition(epoch: shard.epoch, seq: position))
    }

    private func acknowledge(_ packet: SocketPacket, _ answer: JSONValue) {
        guard let id = packet.id else { return }
        send(SocketPacket(kind: .ack, namespace: packet.namespace, id: id, data: [answer]))
    }

    private func refuse(_ packet: SocketPacket, _ error: ClientError) {
        server.hub.metrics.answeredError()
        state.errors += 1
        guard state.errors <= server.configuration.hub.limits.errorsPerConnection else {
            return close(.policy, reason: "too many errors in a row")
        }
        let answer: JSONValue = ["code": .string(error.code.rawValue), "message": .string(error.message)]
        if packet.id == nil {
            send(.event("error", [answer]))
        } else {
            acknowledge(packet, ["ok": false] + answer)
        }
    }

    private func isWithinRate(_ packet: SocketPacket) -> Bool {
        guard let loop else { return false }
        let limits = server.configuration.hub.limits
        switch state.allowance.take(limits.messages, refusalLimit: limits.errorsPerConnection, at: loop.now) {
        case .passes: return true
        case .refused:
            server.hub.metrics.limitedMessage()
            refuse(packet, .rateLimited(limits.messages))
        case .keepsOn:
            server.hub.metrics.limitedMessage()
            close(.policy, reason: "too many messages")
        }
        return false
    }

    /// Answers the events of the official suite. Returns whether this was one.
    private func answerSuite(_ name: String, _ packet: SocketPacket) -> Bool {
        var answer = packet
        switch (name, packet.event, packet.id) {
        case ("message", let event?, nil):
            answer.data = .array(["message-back"] + event.arguments)
        case ("message-with-ack", let event?, .some):
            answer.kind = packet.kind == .event ? .ack : .binaryAck
            answer.data = .array(Array(event.arguments))
        default: return false
        }
        send(answer)
        return true
    }
}
