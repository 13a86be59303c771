import NIOCore
import TallywireAccess
import TallywireCore
import TallywireEngine
import TallywireProtocol
import WebSocketServer

/// How a session catches up.
extension RoomSession {
    func context(_ shard: HubShard) -> CatchUpMachine.Context {
        CatchUpMachine.Context(
            epoch: shard.epoch, head: shard.head, directory: shard.directory, membership: membership,
            trackedLimit: shard.settings.limits.trackedPerConnection, ahead: shard.ahead)
    }

    /// Does every step of catching up that is possible now, until the client has enough to read or the journal has to be read. Has
    /// to be called again after that.
    package func advance() {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while catchUp.isReadyForStep, let shard, isWritable, drain() {
            let step = catchUp.next(context(shard)) { shard.recovery?.pages.page(after: $0, head: shard.head) }
            switch step {
            case .act(let actions): carryOut(actions, on: shard)
            case .read(let read, let number): self.read(read, number, on: shard)
            case nil: return
            }
        }
    }

    /// Reads off the event loop and then continues on it.
    private func read(_ read: CatchUpMachine.Read, _ number: Int, on shard: HubShard) {
        guard let recovery = shard.recovery else { return carryOut([.fail], on: shard) }
        let image: EventLoopFuture<FreshImage?> =
            switch read {
            case .page(let seq): recovery.pages.load(after: seq, head: shard.head, on: shard.loop).map { _ in nil }
            case .image(let need): recovery.images.image(need, on: shard.loop).map { $0 }
            case .selection(let items, let form): recovery.images.image(of: items, form: form, on: shard.loop).map { $0 }
            }
        image.assumeIsolated().whenComplete { [self] result in
            guard self.shard != nil else { return }
            carryOut(catchUp.endRead(number, result, context(shard)), on: shard)
            advance()
        }
    }

    func carryOut(_ actions: [CatchUpMachine.Action], on shard: HubShard) {
        for action in actions {
            switch action {
            case .begin: shard.beginCatchUp(self)
            case .end: shard.endCatchUp(self)
            case .send(let message): client?.send(message)
            case .sendItems(let message, let pieces, let isLast):
                guard let bytes = client?.send(message, items: pieces, isLast: isLast) else { continue }
                shard.metrics.sentValues(bytes: bytes)
            case .sendEvents(let parcel):
                guard send(pieces: parcel.pieces) else { continue }
                shard.metrics.replayed(events: parcel.events, bytes: parcel.bytes)
            case .answer(let error): client?.answer(error)
            case .fail:
                shard.metrics.failedRecovery()
                client?.close(.tryLater, reason: "the journal cannot be read now; come back")
            }
        }
    }

    /// Closes the connection of a client that has seen more at another node than this one has, unless this one gets so far in time.
    func limitWait(on shard: HubShard) {
        guard case .wait(let limit) = shard.ahead, let awaited = catchUp.awaited else { return }
        shard.loop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) { [weak self] in
            guard let self, let shard = self.shard, catchUp.awaited == awaited, awaited > shard.head else { return }
            client?.close(.tryLater, reason: "event \(awaited) has not come to this node yet; come back")
        }
    }

    /// Closes the connection of a client that reads values so slowly that its image takes memory which others need.
    func closeIfImageIsRecalled() {
        if catchUp.holdsRecalledImage { client?.close(.tooSlow, reason: "values are read too slowly; come back") }
    }
}
