import TallywireCore
import TallywireEngine
import TallywireProtocol
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// A client that does anything at any moment, also while something is read for it, and a journal that is pruned.
struct CatchUpWalk {
    private var client: CatchUpClient
    private var random: SplitMix
    private var ledger = ClientLedger()
    /// The client had everything up to here when it was live last, unless it asked for earlier events since.
    private var settled: UInt64
    private var lastSent: UInt64 = 0
    /// From which position on each room was asked for.
    private var asked: [String: UInt64] = [:]
    /// The variants whose values were read last.
    private var part: [Int64] = []
    private var firstKept: UInt64 = 1
    private let steps = Steps()

    /// The steps that the ledger was not told.
    private final class Steps {
        var all: [CatchUpMachine.Step] = []
    }

    init(seed: UInt64) throws {
        random = SplitMix(state: seed)
        client = try CatchUpClient(head: 5)
        settled = 5
        client.observe = { [steps] in steps.all.append($0) }
        ledger.open(.everybody, after: 5...5)
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: Steps

    mutating func step() {
        let (product, variant): (Int64, Int64) = chance(50) ? (1, 11) : (2, 21)
        switch Int.random(in: 0..<20, using: &random) {
        case 0...3: client.commit(products: (0..<Int.random(in: 1...5, using: &random)).map { _ in chance(50) ? 1 : 2 })
        case 4...7: pass()
        case 8, 9: join(product)
        case 10: if client.membership.rooms.contains(.followed(.product(product))) { leave(product) }
        case 11: track(variant)
        // What was sent of an item is forgotten with the item, so that a replay under way would bring it again.
        case 12: if client.membership.tracked.contains(.variant(variant)), client.position >= lastSent { untrack(variant) }
        case 13: firstKept = max(firstKept, client.head - min(client.head, UInt64.random(in: 0...9, using: &random)))
        case 14: client.forgetPages()
        case 15...17: finishRead()
        default: _ = client.steps(Int.random(in: 1...4, using: &random))
        }
        note()
    }

    private mutating func pass() {
        got(client.pass())
        note()
    }

    private mutating func got(_ events: [UInt64]) {
        for seq in events { ledger.got(seq, merged: 0) }
        lastSent = max(lastSent, events.last ?? 0)
    }

    private mutating func finishRead() {
        guard case .page(let seq)? = client.pending?.read, seq + 1 < firstKept else {
            _ = client.finishRead()
            return
        }
        _ = client.finishRead(failing: JournalError(.pruned, "gone"))
        if client.membership.isIdle { ledger.open(.everybody, after: client.head...client.head) }
    }

    private mutating func join(_ product: Int64) {
        closeEverybody()
        let since = chance(60) ? UInt64.random(in: 0...client.head, using: &random) : nil
        let snapshot = chance(30)
        // A client that only repeats its join gets what it asked for before.
        if since != nil || snapshot { asked["product:\(product)"] = since }
        _ = client.join(product: product, since: since, snapshot: snapshot)
    }

    private mutating func track(_ variant: Int64) {
        closeEverybody()
        _ = client.track(variant)
    }

    private mutating func leave(_ product: Int64) {
        ledger.close(.room("product:\(product)"), between: settled...client.head)
        client.leave(product: product)
        if client.membership.isIdle { ledger.open(.everybody, after: client.head...client.head) }
    }

    private mutating func untrack(_ variant: Int64) {
        ledger.close(.variant(variant), between: settled...client.head)
        client.untrack(variant)
        if client.membership.isIdle { ledger.open(.everybody, after: client.head...client.head) }
    }

    private mutating func closeEverybody() {
        if client.membership.isIdle { ledger.close(.everybody, between: settled...client.head) }
    }

    /// Tells the ledger what the client was sent.
    private mutating func note() {
        for step in steps.all {
            switch step {
            case .act(let actions): for action in actions { note(action) }
            case .read(.selection(.named(_, let variants), _), _): part = variants.map(\.rawValue)
            case .read: break
            }
        }
        steps.all = []
        guard client.machine.isLive else { return }
        settled = client.head
        ledger.reached(settled)
    }

    private mutating func note(_ action: CatchUpMachine.Action) {
        switch action {
        case .send(.joined(let room, _, let seq, let recovered)):
            // A join that is only repeated changes nothing.
            guard recovered != false, recovered != nil || !ledger.follows(.room(room)) else { return }
            let start = recovered == true ? asked[room] ?? seq : seq
            ledger.open(.room(room), after: start...start)
            settled = min(settled, start)
        case .sendItems(.snapshot(let room?, let seq, _), _, true): ledger.open(.room(room), after: seq...seq)
        case .sendItems(.tracking(let seq, _), _, true):
            for variant in part where client.membership.tracked.contains(.variant(variant)) {
                ledger.open(.variant(variant), after: seq...seq)
            }
        case .sendEvents(let parcel): got(parcel.sequence)
        case .begin, .end, .send, .sendItems: break
        case .answer, .fail: Issue.record("\(action)")
        }
    }

    // MARK: The end

    /// Lets the client catch up, and looks at what it has got.
    mutating func finish() throws {
        pass()
        for _ in 0..<200 where !client.machine.isLive {
            _ = client.steps()
            note()
            finishRead()
            note()
        }
        try #require(client.machine.isLive, "it does not come to an end")
        for room in client.membership.rooms {
            guard case .followed(let followed) = room else { continue }
            #expect(ledger.follows(.room(followed.name)), "\(followed.name) was not answered")
        }
        for case .variant(let id) in client.membership.tracked {
            #expect(ledger.follows(.variant(id)), "the values of \(id) did not come")
        }
        try ledger.check(against: client.journal)
    }
}
