import NIOCore
import TallywireAccess
import TallywireCore
import TallywireProtocol
import WebSocketServer

/// How tokens change a session.
extension RoomSession {
    /// Refuses a room that this client may not join.
    fileprivate func checkAccess(to room: Room, _ name: String, on shard: HubShard) throws(ClientError) {
        if access.isWaiting { throw .tokenNeeded }
        let role = shard.directory.role(of: room)
        guard access.permits(role) else { throw .forbidden(room: name, role: role) }
    }

    /// Takes a client's token, the first one or a newer one. Calls `use` if the token is valid.
    ///
    /// If keys have to be fetched for the token, calls `again` once they have come or have not, and nothing changes before. Without
    /// `again` the token is taken or refused.
    package func renew(_ token: String, afterKeys again: (() -> Void)?, _ use: () -> Void) throws(AuthenticationFailure) {
        // The watch has counted the session by its old access.
        shard?.access.remove(self)
        defer { watchAccess() }
        do {
            try access.renew(token)
        } catch {
            if let again, let shard, error.awaitsKeys, access.authenticator.askForKeys(on: shard.loop, then: again) { return }
            shard?.metrics.refusedToken()
            throw error
        }
        use()
    }

    /// Follows the rights of a newer token: leaves the rooms that the token does not allow.
    package func followRights() {
        guard let shard else { return }
        let view = membership.followedView
        shard.changeRole(self)
        if membership.followedView != view {
            // The backlog was chosen by the client's old rights.
            chooseAnew(on: shard)
            catchUp.readFollowedAgain()
        }
        leaveClosedRooms(on: shard)
        advance()
    }

    /// Follows a reload: what waits is chosen anew, and rooms that are gone or no longer admit the client are left.
    func followRooms() {
        guard let shard else { return }
        chooseAnew(on: shard)
        catchUp.readAgain()
        leaveClosedRooms(on: shard)
        advance()
    }

    func leaveClosedRooms(on shard: HubShard) {
        for room in membership.rooms {
            let isGone = shard.directory.isGone(room)
            guard isGone || !access.permits(shard.directory.role(of: room)) else { continue }
            leave(room, on: shard)
            let code: ErrorCode = isGone ? .unknownRoom : .forbidden
            client?.send(.left(room: shard.directory.name(of: room), because: code.rawValue))
        }
    }

    /// Ends the client if its token has expired, its key was withdrawn, or no token came in time.
    func endIfTokenEnded(now: NIODeadline) {
        guard case .ends(let reason) = access.check(now: now) else { return }
        client?.close(.tokenExpired, reason: reason)
    }
}

/// The rooms and items of a session, and how it catches up.
extension RoomSession {
    /// Joins a room, with what the client missed since a position or with the room's values first.
    package func join(_ name: String, since: JournalPosition? = nil, snapshot: Bool = false) throws(ClientError) {
        guard let shard else { return }
        guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        // Replies use the one form of the name, whichever form the client used.
        let name = shard.directory.name(of: room)
        try checkAccess(to: room, name, on: shard)
        let limit = shard.settings.limits.roomsPerConnection
        let (wasIn, wasIdle) = (membership.rooms.contains(room), membership.isIdle)
        guard wasIn || membership.rooms.count < limit else { throw .tooManyRooms(limit) }
        shard.join(self, room)
        let actions = catchUp.join(
            CatchUp.RoomName(room: room, name: name), wasIn: wasIn, wasIdle: wasIdle, since: since, snapshot: snapshot,
            context(shard))
        carryOut(actions, on: shard)
        limitWait(on: shard)
        advance()
    }

    /// Leaves a room. Returns the one form of its name.
    package func leave(_ name: String) throws(ClientError) -> String {
        guard let shard, let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        leave(room, on: shard)
        return shard.directory.name(of: room)
    }

    private func leave(_ room: Room, on shard: HubShard) {
        guard membership.rooms.contains(room) else { return }
        chooseAnew(on: shard)
        shard.leave(self, room)
        catchUp.leave(room, context(shard))
        advance()
    }

    package func track(_ items: [FollowedRoom]) throws(ClientError) {
        guard let shard else { return }
        let new = Set(items)
        let limit = shard.settings.limits.trackedPerConnection
        guard membership.tracked.union(new).count <= limit else { throw .tooManyTracked(limit) }
        let wasIdle = membership.isIdle
        shard.track(self, adding: new)
        carryOut(catchUp.track(new, wasIdle: wasIdle, context(shard)), on: shard)
        advance()
    }

    package func untrack(_ items: [FollowedRoom]) {
        guard let shard, !membership.tracked.isDisjoint(with: items) else { return }
        chooseAnew(on: shard)
        let items = Set(items)
        shard.track(self, removing: items)
        catchUp.untrack(items, context(shard))
        advance()
    }
}
