import NIOCore
import TallywireCore
import TallywireEngine
import TallywireTesting
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// The machine by itself: the journal, the passes and the client are played by the test.
@Suite("What a connection that catches up is sent, decided without event loops")
struct CatchUpMachineTests {
    @Test("missed events are read from the journal, those of the room are sent, and then the connection is live")
    func replays() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 2)
        client.write(products: 1, 2, 1, 2)
        #expect(client.join(product: 1, since: 4) == ["begin"])
        #expect(client.steps() == ["read page after 4"])
        #expect(client.finishRead() == [])
        #expect(client.steps() == ["joined recovered", "events 5, 7", "end"])
        #expect(client.machine.isLive)
    }

    @Test("a client that is ahead of a node waits for the passes, and gets what comes after", arguments: [false, true])
    func awaits(snapshot: Bool) throws {
        var client = try CatchUpClient(head: 4)
        client.ahead = .wait(.seconds(2))
        #expect(client.join(product: 1, since: 6, snapshot: snapshot) == ["begin"])
        #expect(client.steps() == [] && client.machine.awaited == 6)
        client.write(products: 1)
        #expect(client.steps() == [], "one event is missing")
        client.write(products: 1, 2, 1)
        #expect(client.steps() == [snapshot ? "read values" : "read page after 6"])
        #expect(client.finishRead() == (snapshot ? ["joined"] : []))
        #expect(client.machine.awaited == nil)
        #expect(client.steps().first == (snapshot ? "snapshot at 8" : "joined recovered"))
        _ = client.finishRead()
        let rest = client.steps()
        #expect(rest == (snapshot ? ["end"] : ["events 8", "end"]), "\(rest)")
    }

    @Test("a position ahead is of another journal on a server by itself, and under another epoch")
    func ahead() throws {
        var client = try CatchUpClient(head: 4)
        #expect(client.join(product: 1, since: 6) == ["begin"])
        #expect(client.steps() == ["read values"] && client.machine.awaited == nil)
    }

    @Test("a client that leaves the room does not wait for it any more")
    func leavesWhileAhead() throws {
        var client = try CatchUpClient(head: 4)
        client.ahead = .wait(.seconds(2))
        _ = client.join(product: 1, since: 6)
        client.leave(product: 1)
        #expect(client.machine.awaited == nil)
        #expect(client.steps() == ["end"])
    }

    @Test("values come before events, and the connection is live only once the passes have reached the values")
    func sendsValues() throws {
        var client = try CatchUpClient(head: 4)
        #expect(client.join(product: 1, snapshot: true) == ["begin"])
        #expect(client.steps() == ["read values"])
        client.commit(products: 1, 1)
        #expect(client.finishRead() == ["joined"])
        #expect(client.steps() == ["snapshot at 6"])
        #expect(client.steps() == [] && !client.machine.isLive)
        client.pass()
        #expect(client.steps() == ["read page after 4"])
        _ = client.finishRead()
        #expect(client.steps() == ["end"], "the values include both events")
    }

    @Test(
        "a client whose missed events are pruned gets the values that changed instead, before the answer to its join and after it")
    func replacesPruned() throws {
        var client = try CatchUpClient(head: 4)
        client.write(products: 1, 1, 1)
        _ = client.join(product: 1, since: 4)
        _ = client.steps()
        #expect(client.finishRead(failing: JournalError(.pruned, "gone")) == [])
        #expect(client.steps() == ["read values since 4"])
        #expect(client.finishRead() == ["joined"])
        #expect(client.steps() == ["snapshot at 7 since 4", "end"])

        #expect(client.join(product: 2, since: 5) == ["begin"])
        _ = client.steps()
        _ = client.finishRead()
        #expect(client.steps(1) == ["joined recovered"])
        client.forgetPages()
        #expect(client.steps() == ["read page after 5"])
        #expect(client.finishRead(failing: JournalError(.pruned, "gone")) == [])
        #expect(client.steps() == ["read values since 5"], "room 1 has everything up to 7")
    }

    @Test("events after a room's values come also if the journal was pruned before those values")
    func prunedBeforeValues() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 1, snapshot: true)
        _ = client.steps()
        client.write(products: 1, 1)
        _ = client.finishRead()
        #expect(client.steps() == ["snapshot at 6", "read page after 4"])
        client.write(products: 1, 1)
        #expect(client.finishRead(failing: JournalError(.pruned, "gone")) == [])
        #expect(client.steps() == ["read page after 6"])
        _ = client.finishRead()
        #expect(client.steps() == ["events 7, 8", "end"])
    }

    @Test("events that a room was sent do not come again after values replaced later events of the room")
    func remembersSent() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 1)
        client.write(products: 1, 1)
        _ = client.join(product: 2, snapshot: true)
        _ = client.steps()
        client.write(products: 2, 2)
        _ = client.finishRead()
        #expect(client.steps() == ["snapshot at 8", "read page after 6"])
        #expect(client.finishRead(failing: JournalError(.pruned, "gone")) == [])
        _ = client.join(product: 1, since: 4)
        #expect(client.steps() == ["read page after 4"])
        _ = client.finishRead()
        #expect(client.steps() == ["joined recovered", "end"])
    }

    @Test("a client whose values are too many is told so for each of its messages, and gets the events from here on")
    func givesUp() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 1, snapshot: true)
        _ = client.track(11)
        _ = client.steps()
        #expect(client.finishRead(failing: StockImages.TooMany(limit: 3)) == ["joined", "error too_many_items"])
        #expect(client.steps() == ["read variants 11"])
        #expect(client.finishRead(failing: StockImages.TooMany(limit: 3)) == ["error too_many_items"])
        #expect(client.steps() == ["end"])
    }

    @Test("a journal that cannot be read ends the connection")
    func fails() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 1, snapshot: true)
        _ = client.steps()
        #expect(client.finishRead(failing: JournalError(.storage, "no disk")) == ["fail"])
    }

    @Test("what is read for a room that was left is not sent, and what is read for a tracked item is")
    func leaves() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 1, snapshot: true)
        #expect(client.steps() == ["read values"])
        let old = client.pending
        client.leave(product: 1)
        _ = client.join(product: 2, snapshot: true)
        #expect(client.steps() == ["read values"])
        #expect(client.finishRead(old) == [] && client.steps() == [])
        #expect(client.finishRead() == ["joined"])
        #expect(client.steps() == ["snapshot at 4", "end"])

        _ = client.join(product: 1)
        _ = client.track(21)
        #expect(client.steps() == ["read variants 21"])
        client.leave(product: 1)
        #expect(client.steps() == [])
        #expect(client.finishRead() == [])
        #expect(client.steps() == ["tracking at 4", "end"])
    }

    @Test("events of a dropped backlog are read from the journal, and no others come again")
    func reopens() throws {
        var client = try CatchUpClient(head: 4)
        _ = client.join(product: 1)
        client.write(products: 1, 1, 1)
        var unsent = Unsent(before: 7)
        unsent.firsts[11] = 6
        #expect(client.reopen(unsent) == ["begin"])
        #expect(client.steps() == ["read page after 5"])
        _ = client.finishRead()
        #expect(client.steps() == ["events 7", "end"], "6 cannot be merged, so it was sent")
    }

    @Test(
        "whatever a client does while something is read, each event of its rooms and items comes once, and values come for each",
        arguments: 1...UInt64(300))
    func random(seed: UInt64) throws {
        var walk = try CatchUpWalk(seed: seed)
        for _ in 0..<150 { walk.step() }
        try walk.finish()
    }
}
