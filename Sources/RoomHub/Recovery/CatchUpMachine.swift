import DequeModule
import NIOCore
import TallywireCore
import TallywireEngine
import TallywireProtocol

/// Decides what a connection is sent that was away or wants values first: stage by stage, and then the events that it lacks.
///
/// The machine reads no journal and sends nothing. ``RoomSession`` tells it what the client asks for. While the client reads, the
/// session asks for one step after the other (``next(_:page:)``), carries it out and brings what was read. A connection that has
/// nothing to catch up with is *live*: it takes passes.
struct CatchUpMachine: Sendable {
    /// What the decisions depend on beside the machine.
    struct Context {
        let epoch: String
        /// Every event up to this one was passed to the connections.
        let head: UInt64
        let directory: RoomDirectory
        /// The connection's membership after what the machine is told.
        let membership: Membership
        /// How many items a connection may track.
        let trackedLimit: Int
        /// What a position beyond ``head`` means.
        var ahead = AheadPolicy.anotherJournal
    }

    /// What the session has to do. The actions of one input are carried out in their order.
    enum Action {
        /// The connection takes no passes from now on.
        case begin
        /// The connection is live again.
        case end
        case send(ServerMessage)
        case sendItems(ItemsPage, [ByteBuffer], isLast: Bool)
        case sendEvents(Parcel)
        case answer(ClientError)
        /// The journal cannot be read: the connection is closed.
        case fail
    }

    /// What is read from the journal, and then brought to ``endRead(_:_:_:)``.
    enum Read {
        /// The page with the events after this one. The page is kept by ``EventPages``, and nothing is brought.
        case page(after: UInt64)
        case image(StockImages.Need)
        case selection(VariantSelection, form: Int)
    }

    enum Step {
        case act([Action])
        case read(Read, number: Int)
    }

    private var coverage = Coverage()
    /// `nil` while the connection is live.
    private var catchUp: CatchUp?

    /// Whether the connection takes passes.
    var isLive: Bool { catchUp == nil }
    /// Whether ``next(_:page:)`` may have a step.
    var isReadyForStep: Bool { catchUp?.isReading == false }
    /// Everything up to this event was handled; `nil` for a live connection, which has everything up to the head.
    var position: UInt64? { catchUp?.position }

    /// Whether the client reads values so slowly that their image takes memory which others need.
    var holdsRecalledImage: Bool {
        switch catchUp?.stages.first {
        case .values(_, _, .sending(let image, _)): image.isRecalled
        case .tracking(let values): values.image?.0.isRecalled == true
        case .awaiting, .replay, .values, nil: false
        }
    }

    /// The event for which the client waits, since it has that from another node; `nil` if it waits for none.
    var awaited: UInt64? { catchUp?.awaited }

    // MARK: What the client asks for

    /// The connection is in no room from now on and gets what everybody gets.
    mutating func becomeIdle(_ context: Context) { coverage.begin(nil, at: .after(context.head)) }

    /// The connection joins a room: with the events from now on, or after the missed events, or after the room's values. `wasIn`:
    /// it was in the room before. `wasIdle`: it was in no room. `seen`: the client has seen this event, and is told nothing older.
    mutating func join(
        _ name: CatchUp.RoomName, wasIn: Bool, wasIdle: Bool, since: JournalPosition?, snapshot: Bool,
        seen: JournalPosition? = nil, _ context: Context
    ) -> [Action] {
        guard !wasIn || since != nil || snapshot else { return [joined(name, recovered: nil, context)] }
        if wasIn || wasIdle { end(wasIn ? name.room : nil, context) }
        if let seen = seen ?? since, isAwaited(seen, context) {
            coverage.begin(name.room, at: .later)
            return start(context) { $0.stages.append(.awaiting(seen.seq, name, since: since, snapshot: snapshot)) }
        }
        switch recovery(of: name.room, since: since, snapshot: snapshot, context) {
        case .none(let recovered):
            coverage.begin(name.room, at: .after(context.head))
            return [joined(name, recovered: recovered, context)]
        case .events(let since):
            coverage.begin(name.room, at: .later)
            return start(context) { $0.stages.append(.replay(name, since: since)) }
        case .values(let since):
            coverage.begin(name.room, at: .later)
            return start(context) { $0.stages.append(.values(name, since: since, progress: .waiting(answersJoin: true))) }
        }
    }

    mutating func leave(_ room: Room, _ context: Context) {
        end(room, context)
        if context.membership.isIdle { becomeIdle(context) }
    }

    /// The connection tracks items: their values first, then their events. `wasIdle`: it was in no room before.
    mutating func track(_ items: Set<FollowedRoom>, wasIdle: Bool, _ context: Context) -> [Action] {
        if wasIdle, !items.isEmpty { end(nil, context) }
        coverage.track(items, at: .later)
        return start(context) { $0.track(Array(items), limit: context.trackedLimit) }
    }

    mutating func untrack(_ items: Set<FollowedRoom>, _ context: Context) {
        catchUp?.untrack(items)
        coverage.untrack(items, at: position ?? context.head)
        if context.membership.isIdle { becomeIdle(context) }
    }

    /// Events that waited in a backlog were dropped, and are read from the journal.
    mutating func reopen(_ unsent: Unsent) -> [Action] {
        coverage.reopen(unsent)
        let wasLive = isLive
        if wasLive { catchUp = CatchUp(position: unsent.start) } else { catchUp?.position = unsent.start }
        return wasLive ? [.begin] : []
    }

    /// The audience of followed rooms and tracked items has changed.
    mutating func readFollowedAgain() {
        catchUp?.readAgain { room in if case .followed? = room { true } else { false } }
    }

    /// The audiences of all rooms may have changed.
    mutating func readAgain() { catchUp?.readAgain { _ in true } }

    /// The client takes nothing for now: it is sent what comes after `head` from the journal, once it takes more.
    mutating func pause(at head: UInt64) { if isLive { _ = reopen(Unsent(before: head + 1)) } }

    /// The client goes on elsewhere, so that a read that is under way does not count.
    mutating func forgetRead() { catchUp?.forgetRead() }

    /// The connection has ended.
    mutating func stop() { catchUp = nil }

    private enum RoomRecovery {
        case none(recovered: Bool?)
        case events(since: UInt64)
        case values(since: UInt64?)
    }

    /// Whether the position is one of this journal to which other nodes have come before this one.
    private func isAwaited(_ position: JournalPosition, _ context: Context) -> Bool {
        context.ahead != .anotherJournal && position.epoch == context.epoch && position.seq > context.head
    }

    /// What a client needs that joins the room and says that it has everything up to `since`.
    private func recovery(of room: Room?, since: JournalPosition?, snapshot: Bool, _ context: Context) -> RoomRecovery {
        let rules = context.directory.rules(of: room)
        guard !snapshot || !rules.snapshot else { return .values(since: nil) }
        guard let since else { return .none(recovered: snapshot ? false : nil) }
        // A position that this journal has not reached belongs to another journal, even under the same epoch. The position of another
        // node was awaited before.
        guard since.epoch == context.epoch, since.seq <= context.head else {
            return rules.snapshot ? .values(since: nil) : .none(recovered: false)
        }
        if since.seq == context.head, since.seq >= position ?? context.head { return .none(recovered: true) }
        if context.head - since.seq <= UInt64(rules.replay), since.seq >= coverage.forgotten { return .events(since: since.seq) }
        return rules.snapshot ? .values(since: since.seq) : .none(recovered: false)
    }

    private mutating func end(_ room: Room?, _ context: Context) {
        if let room { catchUp?.forgetStages(of: room) }
        coverage.end(room, at: position ?? context.head)
    }

    /// Adds a stage, and begins to catch up if the connection is live.
    private mutating func start(_ context: Context, _ addStage: (inout CatchUp) -> Void) -> [Action] {
        let wasLive = isLive
        if wasLive { catchUp = CatchUp(position: context.head) }
        if catchUp != nil { addStage(&catchUp!) }
        return wasLive ? [.begin] : []
    }

    private func joined(_ name: CatchUp.RoomName, recovered: Bool?, _ context: Context) -> Action {
        .send(.joined(room: name.name ?? "", epoch: context.epoch, seq: context.head, recovered: recovered))
    }

    // MARK: Steps

    /// Returns the next step; `nil` if nothing can be done until something is read or passed. `page` returns the page with the
    /// events after a `seq` if the page is in memory.
    mutating func next(_ context: Context, page: (UInt64) -> EventPages.Page?) -> Step? {
        guard let catchUp, !catchUp.isReading else { return nil }
        if let stage = catchUp.stages.first { return run(stage, context, page) }
        if catchUp.position < context.head {
            guard let page = page(catchUp.position) else { return read(.page(after: catchUp.position)) }
            return .act(replay(page, after: catchUp.position, context))
        }
        // The values may be ahead of the passes. Then the step follows after the next pass.
        // So may a session that came from another event loop.
        guard catchUp.position >= coverage.end, catchUp.position <= context.head else { return nil }
        self.catchUp = nil
        coverage.settle()
        return .act([.end])
    }

    private mutating func run(_ stage: CatchUp.Stage, _ context: Context, _ page: (UInt64) -> EventPages.Page?) -> Step? {
        switch stage {
        case .awaiting(let seq, let name, let since, let snapshot):
            guard seq <= context.head else { return nil }
            catchUp?.stages.removeFirst()
            switch recovery(of: name.room, since: since, snapshot: snapshot, context) {
            case .none(let recovered):
                coverage.set(name.room, at: .after(context.head))
                return .act([joined(name, recovered: recovered, context)])
            case .events(let since): catchUp?.stages.prepend(.replay(name, since: since))
            case .values(let since):
                catchUp?.stages.prepend(.values(name, since: since, progress: .waiting(answersJoin: true)))
            }
            return next(context, page: page)
        case .replay(let name, let since):
            guard since == context.head || page(since) != nil else { return read(.page(after: since)) }
            finishStage(of: name.room, at: since)
            return .act([joined(name, recovered: true, context)])
        case .values(let name, let since, .waiting):
            let form = name.room.map { context.directory.form(of: $0, followed: context.membership.followedView) }
            return read(.image(.init(since: since, form: form ?? context.directory.broadcastForm)))
        case .values(let name, let since, .sending(let image, let start)):
            let page = image.page(.init(room: name.room, since: since), from: start)
            if let next = page.next {
                catchUp?.stages[0] = .values(name, since: since, progress: .sending(image, from: next))
            } else {
                finishStage(of: name.room, at: image.seq)
            }
            let message = ItemsPage.snapshot(room: name.name, seq: image.seq, changedSince: since)
            return .act([.sendItems(message, page.pieces, isLast: page.next == nil)])
        case .tracking(var values):
            if let (image, start) = values.image { return .act([send(image, from: start, of: values, context)]) }
            values.takePart()
            catchUp?.stages[0] = .tracking(values)
            let form = context.membership.followedView.form(of: .inventoryUpdated) ?? context.directory.broadcastForm
            return read(.selection(values.part.selection, form: form))
        }
    }

    private mutating func send(_ image: FreshImage, from start: Int, of tracking: TrackingValues, _ context: Context) -> Action {
        var values = tracking
        let page = image.page(.init(room: nil, since: nil), from: start)
        let isLast = page.next == nil && values.rest.isEmpty
        values.image = page.next.map { (image, from: $0) }
        if isLast { catchUp?.stages.removeFirst() } else { catchUp?.stages[0] = .tracking(values) }
        if page.next == nil {
            goBack(to: image.seq)
            coverage.track(values.part.filter { context.membership.tracked.contains($0) }, at: .after(image.seq))
        }
        return .sendItems(.tracking(seq: image.seq, answers: values.answers), page.pieces, isLast: isLast)
    }

    /// The room's events after `seq` are next.
    private mutating func finishStage(of room: Room?, at seq: UInt64) {
        catchUp?.stages.removeFirst()
        goBack(to: seq)
        coverage.set(room, at: .after(seq))
    }

    /// Goes back in the journal. Everything up to the current position is noted as sent, so that it is not sent again.
    private mutating func goBack(to seq: UInt64) {
        guard let position, seq < position else { return }
        coverage.close(at: position)
        catchUp?.position = seq
    }

    private mutating func replay(_ page: EventPages.Page, after position: UInt64, _ context: Context) -> [Action] {
        let end = min(page.through, context.head)
        let followed = context.membership.followedView
        var picks: [Pick] = []
        for (index, record) in page.pass.records.enumerated() where record.seq > position && record.seq <= end {
            if let form = coverage.form(of: index, in: page.pass, directory: context.directory, followed: followed) {
                picks.append(Pick(record: index, form: form))
            }
        }
        catchUp?.position = end
        return Parcel(page.pass, picks).map { [.sendEvents($0)] } ?? []
    }

    // MARK: Reading

    private mutating func read(_ read: Read) -> Step? {
        guard let number = catchUp?.beginReading() else { return nil }
        return .read(read, number: number)
    }

    /// A read has ended: with an image, unless a page was read. Returns nothing if the read does not count any more.
    mutating func endRead(_ number: Int, _ result: Result<FreshImage?, any Error>, _ context: Context) -> [Action] {
        guard catchUp?.endReading(number) == true else { return [] }
        switch result {
        case .success(let image): return image.map { take($0, context) } ?? []
        case .failure(let error as JournalError) where error.code == .pruned: return replaceEventsByValues(context)
        case .failure(let error as StockImages.TooMany): return giveUpValues(.tooManyItems(error.limit), context)
        case .failure: return [.fail]
        }
    }

    private mutating func take(_ image: FreshImage, _ context: Context) -> [Action] {
        switch catchUp?.stages.first {
        case .values(let name, let since, .waiting(let answersJoin)):
            catchUp?.stages[0] = .values(name, since: since, progress: .sending(image, from: 0))
            return answersJoin ? [joined(name, recovered: false, context)] : []
        case .tracking(var values):
            values.image = (image, from: 0)
            catchUp?.stages[0] = .tracking(values)
            return []
        case .awaiting, .replay, .values, nil: return []
        }
    }

    /// The next events were pruned: rooms that need them get the values that changed since.
    private mutating func replaceEventsByValues(_ context: Context) -> [Action] {
        if case .replay(let name, let since)? = catchUp?.stages.first {
            if context.directory.rules(of: name.room).snapshot {
                catchUp?.stages[0] = .values(name, since: since, progress: .waiting(answersJoin: true))
                return []
            }
            catchUp?.stages.removeFirst()
            coverage.set(name.room, at: .after(context.head))
            return [joined(name, recovered: false, context)]
        }
        guard let since = position else { return [] }
        coverage.close(at: since)
        for case let (span, sent?) in coverage.current.map({ ($0, $0.sent) }) where sent.to <= since {
            guard let room = span.room, context.directory.rules(of: room).snapshot else {
                coverage.set(span.room, at: .after(context.head))
                continue
            }
            coverage.set(room, at: .later)
            let name = CatchUp.RoomName(room: room, name: context.directory.name(of: room))
            catchUp?.stages.append(.values(name, since: since, progress: .waiting(answersJoin: false)))
        }
        let tracked = context.membership.tracked
        if !tracked.isEmpty {
            coverage.track(tracked, at: .later)
            catchUp?.track(Array(tracked), limit: context.trackedLimit, answers: 0)
        }
        // Rooms that have later events, or values of later, still need the events after those.
        catchUp?.position = min(context.head, coverage.current.lazy.compactMap { $0.sent?.to }.min() ?? context.head)
        return []
    }

    /// Gives up the values of a stage, which cannot be read: the client is told, and the events continue from here.
    private mutating func giveUpValues(_ error: ClientError, _ context: Context) -> [Action] {
        guard let position, let stage = catchUp?.stages.popFirst() else { return [] }
        switch stage {
        case .awaiting(_, let name, _, _), .replay(let name, _), .values(let name, _, _):
            coverage.set(name.room, at: .after(position))
            guard case .values(_, _, .waiting(answersJoin: true)) = stage else { return [.answer(error)] }
            return [joined(name, recovered: false, context), .answer(error)]
        case .tracking(let values):
            coverage.track((values.part + values.rest).filter { context.membership.tracked.contains($0) }, at: .after(position))
            // Each message that waits for these values gets the error.
            return Array(repeating: .answer(error), count: max(1, values.answers))
        }
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
            case .location, .reservation: break
            }
        }
        return .named(products: products, variants: variants)
    }
}
