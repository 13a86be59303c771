import Foundation
import Logging
import NIOCore
import NIOPosix
import TallywireCore
import TallywireEngine
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import SocketIOSink

@Suite("Connection state recovery", .serialized, .timeLimit(.minutes(2)))
struct RecoveryTests {
    @Test("a client that comes back is recovered with its rooms, and gets what it missed, once and in order")
    func recovered() async throws {
        try await SocketGateway.run { gateway in
            let (client, greeting) = try await gateway.connected()
            let pid = try #require(greeting["pid"]?.string)
            try await client.send(#"421["join_admin_room"]"#)
            _ = try await client.nextText()
            try await gateway.set("A", 50)
            let offset = try #require(try await client.nextEvent().offset)
            await client.disconnect()
            let begin = gateway.engine.feed.head
            for stock in [5, 0, 20] { try await gateway.set("A", Int64(stock)) }
            let (again, answer) = try await gateway.connected(#"{"pid":"\#(pid)","offset":"\#(offset)"}"#)
            #expect(answer["pid"]?.string == pid && answer["sid"] != greeting["sid"])
            try await gateway.set("A", 30)
            let last = gateway.engine.feed.head
            var events: [SocketEvent] = []
            while events.last?.seq != last { events.append(try await again.nextEvent()) }
            #expect(events.compactMap(\.seq) == Array((begin + 1)...last))
            #expect(events.contains { $0.name == "stock_alert" }, "it is in its room again")
        }
    }

    @Test("also a client that got no event yet, and one that polls, and one that misses nothing")
    func variants() async throws {
        try await SocketGateway.run { gateway in
            let (client, greeting) = try await gateway.connected()
            let pid = try #require(greeting["pid"]?.string)
            await client.disconnect()
            let seq = try await gateway.set("A", 50)
            let poller = try await gateway.poller()
            #expect(try await poller.connect(#"{"pid":"\#(pid)"}"#)["pid"]?.string == pid)
            let event = try #require(try SocketEvent(try await poller.packets()[0]))
            #expect(event.seq == seq)
            let (again, answer) = try await gateway.connected(#"{"pid":"\#(pid)","offset":"\#(event.offset ?? "")"}"#)
            #expect(answer["pid"]?.string == pid)
            try await gateway.set("B", 1)
            #expect(try await again.nextEvent().seq == seq + 1)
        }
    }

    @Test("a client that has seen more at another node waits for this one, known here or not", arguments: [true, false])
    func ahead(isKnown: Bool) async throws {
        try await SocketGateway.run({ $0.ahead = .wait(.seconds(60)) }) { gateway in
            let (first, greeting) = try await gateway.connected()
            let pid = isKnown ? try #require(greeting["pid"]?.string) : "another-node's"
            await first.disconnect()
            let head = gateway.engine.feed.head
            let client = try await gateway.socket()
            try await client.send(#"40{"pid":"\#(pid)","offset":"\#(gateway.engine.journal.epoch):\#(head + 3)"}"#)
            for stock in 50...57 { try await gateway.set("A", Int64(stock)) }
            let text = try await client.nextText()
            #expect(text.hasPrefix("40{") && text.contains(pid) == isKnown, "\(text)")
            let event = try await client.nextEvent()
            if isKnown {
                #expect(event.seq == head + 4)
            } else {
                #expect(event.name == "snapshot" && (event.seq ?? 0) >= head + 3)
            }
        }
    }

    @Test("a client that is ahead for too long is disconnected, over a WebSocket with 1013", arguments: [true, false])
    func aheadForLong(isPolling: Bool) async throws {
        try await SocketGateway.run({ $0.ahead = .wait(.milliseconds(20)) }) { gateway in
            let auth = #"40{"pid":"x","offset":"\#(gateway.engine.journal.epoch):\#(gateway.engine.feed.head + 1)"}"#
            if isPolling {
                let poller = try await gateway.poller()
                try await poller.post(auth)
                // The end of the session is a packet of Engine.IO, or an error to who asks after it.
                do {
                    let packets = try await poller.packets()
                    #expect(packets.contains("1") || packets == ["6"], "\(packets)")
                } catch let end as Poller.Ended {
                    #expect(end.answer.status == 400)
                }
            } else {
                let client = try await gateway.socket()
                try await client.send(auth)
                #expect(try await client.closeCode() == 1013)
            }
        }
    }

    @Test("after a restart of the server a client is recovered from the journal and the file")
    func restart() async throws {
        let folder = try TemporaryFolder()
        let journal = InMemoryJournal()
        let file = SourceFile(path: folder.path + "/sinks/socket.io")
        let (pids, continuation) = AsyncStream.makeStream(of: (String, String).self)
        try await SocketGateway.run({ ($0.journal, $0.file) = (journal, file) }) { gateway in
            let (client, greeting) = try await gateway.connected()
            try await client.send(#"421["join_admin_room"]"#)
            _ = try await client.nextText()
            try await gateway.set("A", 50)
            let offset = try #require(try await client.nextEvent().offset)
            continuation.yield((try #require(greeting["pid"]?.string), offset))
            try await gateway.set("A", 5)
        }
        var iterator = pids.makeAsyncIterator()
        let (pid, offset) = try #require(await iterator.next())
        try await SocketGateway.run({ ($0.journal, $0.file) = (journal, file) }) { gateway in
            let begin = try #require(JournalPosition(offset)).seq
            let (client, answer) = try await gateway.connected(#"{"pid":"\#(pid)","offset":"\#(offset)"}"#)
            #expect(answer["pid"]?.string == pid)
            let events = [try await client.nextEvent(), try await client.nextEvent()]
            #expect(events.map(\.seq) == [begin + 1, begin + 2])
            #expect(events.map(\.name) == ["inventory_updated", "stock_alert"])
        }
        try await SocketGateway.run({ $0.journal = journal }) { gateway in
            let (client, answer) = try await gateway.connected(#"{"pid":"\#(pid)","offset":"\#(offset)"}"#)
            #expect(answer["pid"]?.string != pid, "without the file its rooms are not known")
            #expect(try await client.nextEvent().name == "snapshot")
        }
    }

    @Test(
        "who was away for too long, or comes from another journal, gets a new pid, the values, and then what comes",
        arguments: [
            #""offset":"another-epoch:1""#, #""offset":"nonsense""#, #""pid":"nobody""#,
        ])
    func tooOld(_ member: String) async throws {
        try await SocketGateway.run { gateway in
            let (first, greeting) = try await gateway.connected()
            let pid = try #require(greeting["pid"]?.string)
            await first.disconnect()
            try await gateway.set("A", 7)
            let auth = member.contains("pid") ? "{\(member)}" : #"{"pid":"\#(pid)",\#(member)}"#
            let (client, answer) = try await gateway.connected(auth)
            #expect(answer["pid"] != nil && answer["pid"]?.string != pid)
            let snapshot = try await client.nextEvent()
            #expect(snapshot.name == "snapshot" && snapshot.data["last"] == true)
            #expect(Set(snapshot.data["items"]?.elements.compactMap { $0["stock"]?.int } ?? []) == [0, 7])
            #expect(snapshot.offset == "\(gateway.engine.journal.epoch):\(gateway.engine.feed.head)")
            let seq = try await gateway.set("A", 6)
            #expect(try await client.nextEvent().seq == seq)
        }
    }

    @Test("rights are those of the token that the client has when it comes back")
    func rights() async throws {
        try await SocketGateway.run({ $0.authenticator = TableAuthenticator() }) { gateway in
            let (client, greeting) = try await gateway.connected(#"{"token":"admin"}"#)
            let pid = try #require(greeting["pid"]?.string)
            try await client.send(#"421["join_admin_room"]"#)
            _ = try await client.nextText()
            await client.disconnect()
            let seq = try await gateway.set("A", 5)
            let (shop, answer) = try await gateway.connected(#"{"pid":"\#(pid)","token":"shop"}"#)
            #expect(answer["pid"]?.string == pid)
            try await gateway.set("B", 50)
            #expect(try await [shop.nextEvent().seq, shop.nextEvent().seq] == [seq, seq + 2], "no alert, only the broadcast")
        }
    }

    @Test("who says goodbye is forgotten")
    func goodbye() async throws {
        try await SocketGateway.run { gateway in
            let (client, greeting) = try await gateway.connected()
            let pid = try #require(greeting["pid"]?.string)
            try await client.send("41")
            try await client.send("40{\"pid\":\"\(pid)\"}")
            let answer = try JSONValue(String(try await client.nextText().dropFirst(2)))
            #expect(answer["pid"]?.string != pid)
        }
    }
}

@Suite("What is known of clients that may come back")
struct RecoverableSessionsTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let logger = Logger(label: "test")
    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    @Test("lost clients are remembered for a time, and only so many of them")
    func limits() {
        let sessions = RecoverableSessions(keep: .seconds(10), limit: 2)
        let visits = (0..<4).map { sessions.begin(at: UInt64($0), now: at(0)) }
        for (second, visit) in visits.prefix(3).enumerated() { sessions.lose(visit, now: at(Int64(second))) }
        #expect(sessions.count == 3)
        #expect(sessions.comeBack(visits[0].pid, now: at(3)) == nil, "one more than the limit")
        #expect(sessions.comeBack(visits[1].pid, now: at(10))?.session.seq == 1, "a moment before its time is over")
        #expect(sessions.comeBack(visits[2].pid, now: at(12)) == nil, "its time is over")
        #expect(sessions.comeBack(visits[3].pid, now: at(1000)) != nil, "it was not lost")
    }

    @Test("a client that comes again before it is known to be gone stays remembered")
    func visits() throws {
        let sessions = RecoverableSessions(keep: .seconds(10), limit: 2)
        let first = sessions.begin(at: 1, now: at(0))
        let second = try #require(sessions.comeBack(first.pid, now: at(1))).visit
        sessions.lose(first, now: at(2))
        #expect(sessions.comeBack(first.pid, now: at(100)) != nil, "the end of the first visit is not the client's end")
        sessions.lose(second, now: at(101))
        #expect(sessions.comeBack(first.pid, now: at(102)) != nil)
    }

    @Test("the file has what the last run knew, without half a line, and is written anew when most of it is old")
    func file() async throws {
        let folder = try TemporaryFolder()
        let file = SourceFile(path: folder.path + "/sinks/socket.io")
        let group = MultiThreadedEventLoopGroup.singleton
        let sessions = RecoverableSessions(keep: .seconds(10), limit: 100)
        try sessions.start(file, logger: logger, now: at(0))
        let (kept, gone) = (sessions.begin(at: 7, now: at(0)), sessions.begin(at: 8, now: at(0)))
        try await sessions.remember(["admin_room", "other"], of: kept, on: group.any()).get()
        sessions.forget(gone.pid)
        for _ in 0..<SessionLog.fewest { try await sessions.remember(["admin_room"], of: kept, on: group.any()).get() }
        sessions.stop()
        let size = try #require(try file.content()).count
        #expect(size < 10_000, "\(size)")
        let handle = try #require(FileHandle(forWritingAtPath: file.path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(#"{"pid":"half","se"#.utf8))
        let next = RecoverableSessions(keep: .seconds(10), limit: 100)
        try next.start(file, logger: logger, now: at(100))
        #expect(next.count == 1)
        #expect(next.comeBack(kept.pid, now: at(109))?.session == .init(seq: 7, rooms: ["admin_room"]))
        next.stop()
    }

    @Test("clients that come and go side by side do not wait for one another while the file is written anew")
    func crowd() async throws {
        let folder = try TemporaryFolder()
        let sessions = RecoverableSessions(keep: .seconds(10), limit: 10)
        try sessions.start(SourceFile(path: folder.path + "/sinks/socket.io"), logger: logger, now: start)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<3 * SessionLog.fewest { sessions.lose(sessions.begin(at: 1, now: start), now: start) }
                }
            }
        }
        sessions.stop()
        #expect(sessions.count == 10)
    }

    @Test("a file that cannot be written any more is removed, and the run goes on")
    func broken() async throws {
        let folder = try TemporaryFolder()
        let file = SourceFile(path: folder.path + "/sinks/socket.io")
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        var log = try SessionLog(file, sessions: [], logger: logger, handle: FileHandle(forReadingAtPath: "/dev/null"))
        log.append("a", .init(seq: 1)) { [] }
        #expect(try file.content() == nil)
        log.append("b", .init(seq: 1)) { [] }
        #expect(try file.content() == nil)
        let sessions = RecoverableSessions(keep: .seconds(10), limit: 1)
        #expect(throws: (any Error).self) { try sessions.start(SourceFile(path: "/proc/none/file"), logger: logger, now: start) }
        let visit = sessions.begin(at: 1, now: start)
        try await sessions.remember(["a"], of: visit, on: loop).get()
        #expect(sessions.comeBack(visit.pid, now: start)?.session.rooms == ["a"])
    }
}
