import TallywireCore

extension RoomSession {
    /// Joins a room: live from here on, or after what was missed, or after its values.
    func join(_ name: String, since: JournalPosition?, snapshot: Bool, on shard: HubShard) throws(ClientError) {
        guard let room = shard.directory.room(named: name) else { throw .unknownRoom(name) }
        // Whatever form it was asked for in, answers have its own.
        let name = shard.directory.name(of: room)
        try checkAccess(to: room, name, on: shard)
        let limit = shard.configuration.limits.roomsPerConnection
        let wasIn = membership.rooms.contains(room)
        guard wasIn || membership.rooms.count < limit else { throw .tooManyRooms(limit) }
        if wasIn {
            guard since != nil || snapshot else {
                return send(.joined(room: name, epoch: shard.epoch, seq: shard.head, recovered: nil))
            }
            catchUp?.forgetStages(of: room)
            coverage.end(room, at: position)
        } else if membership.isIdle {
            coverage.end(nil, at: position)
        }
        shard.join(self, room)
        let roomName = CatchUp.RoomName(room: room, name: name)
        switch recovery(of: room, since: since, snapshot: snapshot, on: shard) {
        case .none(let recovered):
            coverage.begin(room, at: .after(shard.head))
            send(.joined(room: name, epoch: shard.epoch, seq: shard.head, recovered: recovered))
        case .events(let since):
            coverage.begin(room, at: .later)
            start(on: shard) { $0.stages.append(.replay(roomName, since: since)) }
        case .values(let since):
            coverage.begin(room, at: .later)
            start(on: shard) { $0.stages.append(.values(roomName, since: since, progress: .waiting(answersJoin: true))) }
        }
    }

    private enum RoomRecovery {
        case none(recovered: Bool?)
        case events(since: UInt64)
        case values(since: UInt64?)
    }

    /// What a client needs that joins the room and says that it has everything up to `since`.
    private func recovery(
        of room: Room, since: JournalPosition?, snapshot: Bool, on shard: HubShard
    ) -> RoomRecovery {
        let rules = shard.directory.rules(of: room)
        guard !snapshot || !rules.snapshot else { return .values(since: nil) }
        guard let since else { return .none(recovered: snapshot ? false : nil) }
        // A position that this journal has not reached is of another one, whatever it calls itself.
        guard since.epoch == shard.epoch, since.seq <= shard.head else {
            return rules.snapshot ? .values(since: nil) : .none(recovered: false)
        }
        if since.seq == shard.head, since.seq >= position { return .none(recovered: true) }
        if shard.head - since.seq <= UInt64(rules.replay), since.seq >= coverage.forgotten { return .events(since: since.seq) }
        return rules.snapshot ? .values(since: since.seq) : .none(recovered: false)
    }

    func leave(_ room: Room, on shard: HubShard) {
        guard membership.rooms.contains(room) else { return }
        chooseAnew(on: shard)
        catchUp?.forgetStages(of: room)
        coverage.end(room, at: position)
        shard.leave(self, room)
        if membership.isIdle { coverage.begin(nil, at: .after(shard.head)) }
        advance()
    }

    /// Tracks products and variants: their values first, then their events.
    func track(_ items: [FollowedRoom], on shard: HubShard) throws(ClientError) {
        let new = Set(items)
        let limit = shard.configuration.limits.trackedPerConnection
        guard membership.tracked.union(new).count <= limit else { throw .tooManyTracked(limit) }
        if membership.isIdle, !new.isEmpty { coverage.end(nil, at: position) }
        shard.track(self, adding: new)
        coverage.track(new, at: .later)
        start(on: shard) { $0.track(Array(new), limit: limit) }
    }

    func untrack(_ items: [FollowedRoom], on shard: HubShard) {
        guard !membership.tracked.isDisjoint(with: items) else { return }
        chooseAnew(on: shard)
        let items = Set(items)
        catchUp?.untrack(items)
        coverage.untrack(items, at: position)
        shard.track(self, removing: items)
        if membership.isIdle { coverage.begin(nil, at: .after(shard.head)) }
        advance()
    }
}
