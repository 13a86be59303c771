import NIOCore
import TallywirePipeline

/// What tokens mean for a session.
extension RoomSession {
    /// Refuses a room that is not for this caller.
    func checkAccess(to room: Room, _ name: String, on shard: HubShard) throws(ClientError) {
        if access.isWaiting { throw .tokenNeeded }
        let role = shard.directory.role(of: room)
        guard access.permits(role) else { throw .forbidden(room: name, role: role) }
    }

    /// Takes the token of an `auth` message, the first one or a newer one, and lets go of the rooms that it does not allow.
    func authenticate(_ token: String, on shard: HubShard) throws(ClientError) {
        let hadToWait = access.isWaiting
        // The watch has counted it as what it was.
        shard.access.remove(self)
        defer { if isOpen { shard.access.add(self) } }
        do {
            try access.renew(token)
        } catch {
            shard.metrics.refusedToken()
            throw .unauthenticated(error)
        }
        if let principal = access.principal { send(.authenticated(principal)) }
        if hadToWait { return begin(on: shard) }
        let view = membership.followedView
        shard.changeRole(self)
        if membership.followedView != view {
            // What waits was chosen for who it was before.
            chooseAnew(on: shard)
            catchUp?.readFollowedAgain()
        }
        for room in membership.rooms where !access.permits(shard.directory.role(of: room)) {
            leave(room, on: shard)
            send(.left(room: shard.directory.name(of: room), because: .forbidden))
        }
        advance()
    }

    /// Ends the connection if its time is over or its key is gone.
    func judge(now: NIODeadline) {
        guard case .ends(let reason) = access.judge(now: now) else { return }
        close(.tokenExpired, reason: reason)
    }
}
