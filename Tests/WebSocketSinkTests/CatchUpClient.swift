import NIOCore
import TallywireCore
import TallywireEngine
import TallywireProtocol
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// A machine with a journal of changes of the products 1 and 2, whose variants are 11 and 21. Actions and steps are told in words.
struct CatchUpClient {
    private(set) var machine = CatchUpMachine()
    private(set) var journal: [EventEnvelope] = []
    private(set) var head: UInt64 = 0
    private(set) var membership = Membership()
    typealias PendingRead = (read: CatchUpMachine.Read, number: Int)
    private(set) var pending: PendingRead?
    private var page: EventPages.Page?
    private let directory = RoomDirectory(RoomSettings())
    var ahead = AheadPolicy.anotherJournal
    /// Is told each step that was taken, and other actions as a step.
    var observe: (CatchUpMachine.Step) -> Void = { _ in }

    init(head: Int) throws {
        membership.followedView = directory.followed
        write(products: Array(repeating: 2, count: head))
        machine.becomeIdle(context)
    }

    private var context: CatchUpMachine.Context {
        .init(epoch: "epoch", head: head, directory: directory, membership: membership, trackedLimit: 10, ahead: ahead)
    }

    /// Everything up to this event was handled.
    var position: UInt64 { machine.position ?? head }

    // MARK: The journal

    /// Commits changes of these products without a pass.
    mutating func commit(products: Int64...) { commit(products: products) }

    mutating func commit(products: [Int64]) {
        for product in products {
            journal.append(envelope(UInt64(journal.count + 1), product: product, variant: product * 10 + 1))
        }
    }

    /// Passes what was committed. Returns the events that a live connection gets.
    @discardableResult
    mutating func pass() -> [UInt64] {
        defer { head = UInt64(journal.count) }
        guard machine.isLive else { return [] }
        return journal[Int(head)...].filter { event in
            let product = event.subject.product?.rawValue ?? 0
            return membership.isIdle || membership.rooms.contains(.followed(.product(product)))
                || membership.tracked.contains(.variant(product * 10 + 1))
        }.map(\.seq)
    }

    mutating func write(products: Int64...) { write(products: products) }

    private mutating func write(products: [Int64]) {
        commit(products: products)
        pass()
    }

    mutating func forgetPages() { page = nil }

    // MARK: What the client asks for

    mutating func join(product: Int64, since: UInt64? = nil, snapshot: Bool = false) -> [String] {
        let room = Room.followed(.product(product))
        let (wasIn, wasIdle) = (membership.rooms.contains(room), membership.isIdle)
        if !wasIn { membership.rooms.append(room) }
        return take(
            machine.join(
                .init(room: room, name: "product:\(product)"), wasIn: wasIn, wasIdle: wasIdle,
                since: since.map { JournalPosition(epoch: "epoch", seq: $0) }, snapshot: snapshot, context))
    }

    mutating func leave(product: Int64) {
        membership.rooms.removeAll { $0 == .followed(.product(product)) }
        machine.leave(.followed(.product(product)), context)
    }

    mutating func track(_ variant: Int64) -> [String] {
        let wasIdle = membership.isIdle
        membership.tracked.insert(.variant(variant))
        return take(machine.track([.variant(variant)], wasIdle: wasIdle, context))
    }

    mutating func untrack(_ variant: Int64) {
        membership.tracked.remove(.variant(variant))
        machine.untrack([.variant(variant)], context)
    }

    mutating func reopen(_ unsent: Unsent) -> [String] { take(machine.reopen(unsent)) }

    // MARK: Steps

    /// Takes the steps that are possible, at most `limit`.
    mutating func steps(_ limit: Int = .max) -> [String] {
        var words: [String] = []
        var count = 0
        let (page, head) = (page, head)
        while count < limit,
            let step = machine.next(
                context,
                page: { seq in page.flatMap { $0.after <= seq && (seq < $0.through || $0.through >= head) ? $0 : nil } })
        {
            count += 1
            switch step {
            case .act(let actions): words += take(actions)
            case .read(let read, let number):
                observe(step)
                pending = (read, number)
                words.append(Self.words(read))
            }
        }
        return words
    }

    /// Ends the read that was begun last, or an earlier one.
    mutating func finishRead(_ earlier: PendingRead? = nil, failing error: (any Error)? = nil) -> [String] {
        guard let (read, number) = earlier ?? pending else { return [] }
        if earlier == nil { pending = nil }
        if let error { return take(machine.endRead(number, .failure(error), context)) }
        guard case .page(let after) = read else {
            let values = Reading(seq: UInt64(journal.count), value: VariantValues(variants: []))
            let image = FreshImage(StockImage(values, since: nil, form: 0, for: .everybody))
            return take(machine.endRead(number, .success(image), context))
        }
        let events = Array(journal[Int(after)...].prefix(20))
        page = .init(pass: Pass(events, for: directory.audiences), after: after, through: events.last?.seq ?? after)
        return take(machine.endRead(number, .success(nil), context))
    }

    private func take(_ actions: [CatchUpMachine.Action]) -> [String] {
        observe(.act(actions))
        return actions.map { Self.words($0) }
    }

    private static func words(_ read: CatchUpMachine.Read) -> String {
        switch read {
        case .page(let seq): "read page after \(seq)"
        case .image(let need): "read values" + (need.since.map { " since \($0)" } ?? "")
        case .selection(.named(_, let variants), _): "read variants \(variants.map { "\($0.rawValue)" }.joined(separator: ", "))"
        case .selection: "read others"
        }
    }

    private static func words(_ action: CatchUpMachine.Action) -> String {
        switch action {
        case .begin: "begin"
        case .end: "end"
        case .send(.joined(_, _, _, let recovered)): recovered == true ? "joined recovered" : "joined"
        case .send: "message"
        case .sendItems(.snapshot(_, let seq, let since), _, _): "snapshot at \(seq)" + (since.map { " since \($0)" } ?? "")
        case .sendItems(.tracking(let seq, _), _, _): "tracking at \(seq)"
        case .sendEvents(let parcel): "events \(parcel.sequence.map { "\($0)" }.joined(separator: ", "))"
        case .answer(let error): "error \(error.code.rawValue)"
        case .fail: "fail"
        }
    }
}

extension Parcel {
    /// The `seq` of each event.
    var sequence: [UInt64] { picks.map { pass.records[$0.record].seq } }
}
