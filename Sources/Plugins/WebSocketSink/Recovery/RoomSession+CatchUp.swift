import DequeModule
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireProtocol
import WebSocketServer

/// How a connection catches up: stage by stage, at the pace at which the client reads.
extension RoomSession {
    /// Begins to catch up, or adds a stage if the session is catching up already.
    func start(on shard: HubShard, _ addStage: (inout CatchUp) -> Void) {
        if catchUp == nil {
            catchUp = CatchUp(position: shard.head)
            shard.beginCatchUp(self)
        }
        if catchUp != nil { addStage(&catchUp!) }
        advance()
    }

    /// Does every step that is possible now, until the client has enough to read or the journal has to be read. Has to be called
    /// again after that.
    func advance() {
        guard catchUp?.isAdvancing == false else { return }
        catchUp?.isAdvancing = true
        defer { catchUp?.isAdvancing = false }
        while let shard, let connection, connection.isWritable, let catchUp, !catchUp.isReading {
            guard drain() else { return }
            if let stage = catchUp.stages.first {
                run(stage, on: shard)
            } else if catchUp.position < shard.head {
                replay(after: catchUp.position, on: shard)
            } else if catchUp.position >= coverage.end {
                self.catchUp = nil
                coverage.settle()
                shard.endCatchUp(self)
            } else {
                // The values are ahead of the passes. The next pass calls `advance()` again.
                return
            }
        }
    }

    private func run(_ stage: CatchUp.Stage, on shard: HubShard) {
        switch stage {
        case .replay(let name, let since):
            guard since == shard.head || shard.recovery?.pages.page(after: since, head: shard.head) != nil else {
                return loadPage(after: since, on: shard)
            }
            finishStage()
            send(.joined(room: name.name ?? "", epoch: shard.epoch, seq: shard.head, recovered: true))
            goBack(to: since)
            coverage.set(name.room, at: .after(since))
        case .values(let name, let since, .waiting(let answersJoin)):
            let form = name.room.map { shard.directory.form(of: $0, followed: membership.followedView) }
            read(on: shard) { recovery, loop in
                recovery.images.image(.init(since: since, form: form ?? shard.directory.broadcastForm), on: loop)
            } then: { session, image in
                if answersJoin {
                    session.send(.joined(room: name.name ?? "", epoch: shard.epoch, seq: shard.head, recovered: false))
                }
                session.catchUp?.stages[0] = .values(name, since: since, progress: .sending(image, from: 0))
            }
        case .values(let name, let since, .sending(let image, let start)):
            let page = image.page(.init(room: name.room, since: since), from: start)
            sendItems(.snapshot(room: name.name, seq: image.seq, changedSince: since), page.pieces, isLast: page.next == nil)
            if let next = page.next {
                catchUp?.stages[0] = .values(name, since: since, progress: .sending(image, from: next))
            } else {
                finishStage()
                goBack(to: image.seq)
                coverage.set(name.room, at: .after(image.seq))
            }
        case .tracking(let values): run(values, on: shard)
        }
    }

    private func run(_ tracking: TrackingValues, on shard: HubShard) {
        var values = tracking
        guard let (image, start) = values.image else {
            values.takePart()
            catchUp?.stages[0] = .tracking(values)
            let form = membership.followedView.form(of: .inventoryUpdated) ?? shard.directory.broadcastForm
            let selection = values.part.selection
            return read(on: shard) { recovery, loop in
                recovery.images.image(of: selection, form: form, on: loop)
            } then: { session, image in
                // Other messages may have been merged into the stage meanwhile.
                guard var values = session.catchUp?.stages.first?.tracking else { return }
                values.image = (image, from: 0)
                session.catchUp?.stages[0] = .tracking(values)
            }
        }
        let page = image.page(.init(room: nil, since: nil), from: start)
        let isLast = page.next == nil && values.rest.isEmpty
        sendItems(.tracking(seq: image.seq, answers: values.answers), page.pieces, isLast: isLast)
        if let next = page.next {
            values.image = (image, from: next)
            catchUp?.stages[0] = .tracking(values)
            return
        }
        if isLast {
            finishStage()
        } else {
            values.image = nil
            catchUp?.stages[0] = .tracking(values)
        }
        goBack(to: image.seq)
        coverage.track(values.part.filter { membership.tracked.contains($0) }, at: .after(image.seq))
    }

    /// Closes the connection of a client that reads values so slowly that its image takes memory which others need.
    func letGoOfRecalled() {
        let image: FreshImage?
        switch catchUp?.stages.first {
        case .values(_, _, .sending(let sending, _)): image = sending
        case .tracking(let values): image = values.image?.0
        case .replay, .values, nil: image = nil
        }
        if image?.isRecalled == true { close(.tooSlow, reason: "values are read too slowly; come back") }
    }

    private func finishStage() { catchUp?.stages.removeFirst() }

    /// Goes back in the journal. Everything up to the current position is noted as sent, so that it is not sent again.
    private func goBack(to seq: UInt64) {
        guard let position = catchUp?.position, seq < position else { return }
        coverage.close(at: position)
        catchUp?.position = seq
    }

    private func sendItems(_ page: ItemsPage, _ pieces: [ByteBuffer], isLast: Bool) {
        guard let connection, let shard else { return }
        let frames = page.frame(around: pieces, isLast: isLast)
        if connection.send(pieces: frames) { shard.metrics.sentValues(bytes: frames.reduce(0) { $0 + $1.readableBytes }) }
    }

    // MARK: Events

    private func replay(after position: UInt64, on shard: HubShard) {
        guard let page = shard.recovery?.pages.page(after: position, head: shard.head) else {
            return loadPage(after: position, on: shard)
        }
        let end = min(page.through, shard.head)
        let directory = shard.directory
        var picks: [Pick] = []
        for (index, record) in page.pass.records.enumerated() where record.seq > position && record.seq <= end {
            if let form = coverage.form(of: index, in: page.pass, directory: directory, followed: membership.followedView) {
                picks.append(Pick(record: index, form: form))
            }
        }
        catchUp?.position = end
        guard let parcel = Parcel(page.pass, picks), let connection, connection.send(pieces: parcel.pieces) else { return }
        shard.metrics.replayed(events: parcel.events, bytes: parcel.bytes)
    }

    private func loadPage(after position: UInt64, on shard: HubShard) {
        let head = shard.head
        read(on: shard) { recovery, loop in
            recovery.pages.load(after: position, head: head, on: loop)
        } then: { _, _ in
        }
    }

    // MARK: Reading

    /// Reads off the event loop and then continues on it, if the read still counts.
    private func read<Value: Sendable>(
        on shard: HubShard, _ start: (Recovery, any EventLoop) -> EventLoopFuture<Value>,
        then finish: @escaping (RoomSession, Value) -> Void
    ) {
        guard let recovery = shard.recovery else { return }
        guard let number = catchUp?.beginReading() else { return }
        start(recovery, shard.loop).assumeIsolated().whenComplete { [self] result in
            guard self.shard != nil, catchUp?.endReading(number) == true else { return }
            switch result {
            case .success(let value): finish(self, value)
            case .failure(let error): recover(from: error, on: shard)
            }
            advance()
        }
    }

    private func recover(from error: any Error, on shard: HubShard) {
        switch error {
        case let error as JournalError where error.code == .pruned: replaceEventsByValues(on: shard)
        case let error as StockImages.TooMany: giveUpValues(.tooManyItems(error.limit), on: shard)
        default:
            shard.metrics.failedRecovery()
            connection?.close(.tryLater, reason: "the journal cannot be read now; come back")
        }
    }

    /// The next events were pruned: rooms that need them get the values that changed since.
    private func replaceEventsByValues(on shard: HubShard) {
        guard let catchUp else { return }
        if case .replay(let name, let since)? = catchUp.stages.first {
            if shard.directory.rules(of: name.room).snapshot {
                self.catchUp?.stages[0] = .values(name, since: since, progress: .waiting(answersJoin: true))
            } else {
                finishStage()
                coverage.set(name.room, at: .after(shard.head))
                send(.joined(room: name.name ?? "", epoch: shard.epoch, seq: shard.head, recovered: false))
            }
            return
        }
        let since = catchUp.position
        coverage.close(at: since)
        for case let (span, sent?) in coverage.current.map({ ($0, $0.sent) }) where sent.to <= since {
            guard let room = span.room, shard.directory.rules(of: room).snapshot else {
                coverage.set(span.room, at: .after(shard.head))
                continue
            }
            coverage.set(room, at: .later)
            let name = CatchUp.RoomName(room: room, name: shard.directory.name(of: room))
            self.catchUp?.stages.append(.values(name, since: since, progress: .waiting(answersJoin: false)))
        }
        if !membership.tracked.isEmpty {
            coverage.track(membership.tracked, at: .later)
            let limit = shard.configuration.limits.trackedPerConnection
            self.catchUp?.track(Array(membership.tracked), limit: limit, answers: 0)
        }
        self.catchUp?.position = shard.head
    }

    /// Gives up the values of a stage, which cannot be read: the client is told, and the events continue from here.
    private func giveUpValues(_ error: ClientError, on shard: HubShard) {
        guard let stage = catchUp?.stages.popFirst() else { return }
        switch stage {
        case .replay(let name, _), .values(let name, _, _):
            if case .values(_, _, .waiting(answersJoin: true)) = stage {
                send(.joined(room: name.name ?? "", epoch: shard.epoch, seq: shard.head, recovered: false))
            }
            coverage.set(name.room, at: .after(position))
        case .tracking(let values):
            coverage.track((values.part + values.rest).filter { membership.tracked.contains($0) }, at: .after(position))
            // Each message that waits for these values gets the error.
            for _ in 1..<max(1, values.answers) { answer(error) }
        }
        answer(error)
    }
}

extension [FollowedRoom] {
    /// These products and variants, as a selection for ``StockReader``.
    fileprivate var selection: VariantSelection {
        var products: [ProductID] = []
        var variants: [VariantID] = []
        for item in self {
            switch item {
            case .product(let id): products.append(ProductID(id))
            case .variant(let id): variants.append(VariantID(id))
            case .location: break
            }
        }
        return .named(products: products, variants: variants)
    }
}
