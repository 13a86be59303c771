import TallywireCore
import TallywirePipeline
import TallywireTesting
import Testing

@testable import SiteSource

/// What the source makes of a site whose answers are known to the byte.
@Suite("A site that is followed", .timeLimit(.minutes(2)))
struct SiteFollowerTests {
    private typealias Script = ScriptedSite.Script

    @Test("what the lists say is not overwritten by events that are older than the page they were on")
    func older() async throws {
        let office = try await HeadOffice("A", "B")
        // While the first page was read event 10 was the last one, and 15 while the second was.
        let site = ScriptedSite {
            $0.pages = [(10, "[\(Script.product(1, "A", 1))]"), (15, "[\(Script.product(2, "B", 5))]")]
            $0.stream = { _ in
                Script.block("e1", 12, "B", 3) + Script.block("e1", 13, "A", 2) + Script.block("e1", 15, "B", 5)
                    + Script.block("e1", 16, "B", 6)
            }
        }
        try await site.run { url in
            try await office.follow(url) { status in
                try await eventually("everything came") { try await office.units("B") == 6 }
                #expect(office.values("B") == [5, 6] && office.values("A") == [1, 2])
                #expect(status.current.ignored == 2 && status.current.received == 4)
                #expect(status.current.state == "following" && status.current.lastError == nil)
            }
        }
        #expect(site.requests.last == "/api/events/stream?type=inventory_updated,catalogue_changed,product_status_changed e1:10")
    }

    @Test("until the stream is beyond the last page a crash leads to a new snapshot, and after that to none")
    func crash() async throws {
        let office = try await HeadOffice("A", "B")
        let site = ScriptedSite {
            $0.pages = [(10, "[\(Script.product(1, "A", 1))]"), (15, "[\(Script.product(2, "B", 5))]")]
            $0.stream = { _ in Script.block("e1", 12, "B", 3) }
        }
        try await site.run { url in
            try await office.follow(url) { status in
                try await eventually("the event came") { status.current.received == 1 }
            }
            site.change {
                $0.stream = { _ in Script.block("e1", 12, "B", 3) + Script.block("e1", 15, "B", 5) + Script.block("e1", 17, "A", 7)
                }
            }
            try await office.follow(url) { _ in
                try await eventually("everything came") { try await office.units("A") == 7 }
            }
            #expect(site.snapshots == 2)
            site.change { $0.stream = { $0 == "e1:17" ? Script.block("e1", 18, "A", 8) : "" } }
            try await office.follow(url) { _ in
                try await eventually("it goes on") { try await office.units("A") == 8 }
            }
            #expect(site.snapshots == 2, "the position was stored")
            #expect(office.values("B") == [5] && office.values("A") == [1, 7, 8])
        }
    }

    @Test("events that come again are repeats, and change nothing")
    func again() async throws {
        let office = try await HeadOffice("A")
        let site = ScriptedSite {
            $0.stream = { _ in Script.block("e1", 11, "A", 1) + Script.block("e1", 12, "A", 2) }
        }
        try await site.run { url in
            try await office.follow(url) { _ in try await eventually("both came") { try await office.units("A") == 2 } }
            // As after a crash before the position was stored.
            let bookmark = JournalBookmark(journal: office.journal, source: "berlin")
            try await bookmark.store(10)
            try await office.follow(url) { status in
                try await eventually("both came again") { status.current.duplicates == 2 }
            }
            #expect(office.values("A") == [1, 2])
            #expect(site.snapshots == 1)
        }
    }

    @Test("a position that the site does not have any more leads to a snapshot, and what is gone there is 0 here")
    func pruned() async throws {
        let office = try await HeadOffice("A", "B")
        let site = ScriptedSite { $0.pages = [(10, "[\(Script.product(1, "A", 1)),\(Script.product(2, "B", 2))]")] }
        try await site.run { url in
            try await office.follow(url) { _ in try await eventually("both came") { try await office.units("B") == 2 } }
            site.change {
                $0.pages = [(90, "[\(Script.product(1, "A", 4))]")]
                $0.stream = { $0 == "e1:90" ? "id: e1:90\n\n" : "id: e1:90\nevent: reset\ndata: {\"epoch\":\"e1\",\"seq\":90}\n\n" }
            }
            try await office.follow(url) { status in
                try await eventually("it is as there") { try await office.units("A") == 4 }
                try await eventually("it follows") { status.current.state == "following" }
            }
            #expect(try await office.units("B") == 0)
            #expect(site.requests.contains { $0.hasSuffix(" e1:10") } && site.snapshots == 2)
        }
    }

    @Test("another journal leads to a snapshot, also if the first one comes back")
    func epochs() async throws {
        let office = try await HeadOffice("A")
        let site = ScriptedSite { $0.pages = [(10, "[\(Script.product(1, "A", 1))]")] }
        try await site.run { url in
            for (epoch, stock) in [("e1", 1), ("e2", 2), ("e1", 3)] as [(String, Int64)] {
                site.change {
                    $0.epoch = epoch
                    $0.pages = [(10, "[\(Script.product(1, "A", stock))]")]
                }
                try await office.follow(url) { status in
                    try await eventually("it is as there") { try await office.units("A") == stock }
                    try await eventually("it follows") { status.current.state == "following" }
                }
            }
            #expect(site.snapshots == 3)
        }
    }

    @Test("a snapshot that a crash cut short is taken again, also if the first journal is back")
    func cutShort() async throws {
        let office = try await HeadOffice("A")
        let first: @Sendable (inout sending Script) -> Void = {
            $0.epoch = "e1"
            $0.pages = [(10, "[\(Script.product(1, "A", 1))]")]
        }
        let site = ScriptedSite { first(&$0) }
        try await site.run { url in
            try await office.follow(url) { _ in try await eventually("it is as there") { try await office.units("A") == 1 } }
            site.change {
                $0.epoch = "e2"
                $0.pages = [(10, "[\(Script.product(1, "A", 2))]"), (10, "nonsense")]
            }
            try await office.follow(url) { status in
                try await eventually("the second page cannot be read") {
                    status.current.lastError?.contains("cannot be read") == true
                }
            }
            #expect(try await office.units("A") == 2)
            site.change(first)
            try await office.follow(url) { _ in try await eventually("it is as there") { try await office.units("A") == 1 } }
        }
    }

    @Test("an owner of the catalogue that has no products takes none away, and one that has others does")
    func emptyOwner() async throws {
        let office = try await HeadOffice("A", "B")
        let site = ScriptedSite()
        try await site.run { url in
            try await office.follow(url, catalogue: true) { status in
                try await eventually("it follows") { status.current.state == "following" }
            }
            #expect(try await office.skus == ["A", "B"])
            site.change {
                $0.epoch = "e2"
                $0.pages = [(10, "[\(Script.product(1, "B", 1)),\(Script.product(2, "C", 0))]")]
            }
            try await office.follow(url, catalogue: true) { status in
                try await eventually("it follows") { status.current.state == "following" }
            }
            #expect(try await office.skus == ["B", "C"])
        }
    }

    @Test("an unknown SKU is named, and gets its stock when it is known, and nothing older after that")
    func unknown() async throws {
        let office = try await HeadOffice("A")
        let site = ScriptedSite {
            $0.pages = [(10, "[\(Script.product(1, "A", 1)),\(Script.product(2, "NEW", 0))]")]
            $0.stock = ["NEW": (40, #"[{"location":"MAIN","stock":9}]"#)]
            $0.stream = { $0 == "e1:10" ? Script.block("e1", 11, "NEW", 7) + Script.block("e1", 12, "NEW", 8) : "" }
        }
        try await site.run { url in
            try await office.follow(url) { status in
                try await eventually("it is named") {
                    status.current.lastError?.hasPrefix("not here: the stock of 1 SKU: NEW (") == true
                }
                #expect(status.current.state == "following")
                try await office.create("NEW")
                try await eventually("it is here") { try await office.units("NEW") == 9 }
                try await eventually("nothing is missing") { status.current.lastError == nil }
                // The stream was read up to 12, and the stock at 40.
                site.change { $0.later = Script.block("e1", 13, "NEW", 8) + Script.block("e1", 41, "NEW", 10) }
                try await eventually("it goes on") { try await office.units("NEW") == 10 }
            }
            #expect(office.values("NEW") == [9, 10])
            #expect(site.snapshots == 1)
            try await office.follow(url) { status in try await eventually("it follows") { status.current.state == "following" } }
            #expect(
                site.snapshots == 1 && site.requests.last?.hasSuffix(" e1:41") == true,
                "the position was stored once nothing was missing")
        }
    }

    @Test("a location whose code does not fit is named, and the rest is followed")
    func longCode() async throws {
        let office = try await HeadOffice("A")
        let long = String(repeating: "X", count: 26)
        let site = ScriptedSite {
            $0.locations = #"[{"code":"MAIN","name":"Main","sells":true},{"code":"\#(long)","name":"X","sells":true}]"#
            $0.stream = { _ in Script.block("e1", 11, "A", 3, at: long) + Script.block("e1", 12, "A", 4) }
        }
        try await site.run { url in
            try await office.follow(url) { status in
                try await eventually("the rest came") { try await office.units("A") == 4 }
                try await eventually("it is named") { status.current.lastError?.contains("give the site a shorter name") == true }
                #expect(status.current.ignored == 1)
            }
        }
    }

    @Test(
        "what is no Tallywire, or does not let the source in, is told with what to do",
        arguments: [
            (200, "text/html", "<h1>It works!</h1>", "is no Tallywire, or another version: its answer has no Tallywire-Epoch"),
            (404, "text/html", "", "is no Tallywire, or another version: it answers 404. Look at the “url”"),
            (301, "text/html", "", "it answers 301"),
            (401, "application/json", #"{"code":"unauthenticated"}"#, "asks for a token: give a “token”"),
            (403, "application/json", #"{"code":"forbidden"}"#, "it needs one with the role admin"),
            (503, "application/json", #"{"code":"unavailable","detail":"no leader"}"#, "answers 503 unavailable: no leader"),
        ] as [(Int, String, String, String)])
    func foreign(status: Int, type: String, body: String, message: String) async throws {
        let office = try await HeadOffice("A")
        let site = ScriptedSite { $0.answer = (status, type, body) }
        try await site.run { url in
            try await office.follow(url) { status in
                try await eventually("it is told") { status.current.lastError?.contains(message) == true }
                #expect(status.current.peer == url)
                // It goes on by itself.
                site.change { $0.answer = nil }
                try await eventually("it follows") { status.current.state == "following" }
            }
        }
    }

    @Test("a node that fails is left for the next one at once")
    func nodes() async throws {
        let office = try await HeadOffice("A")
        let (bad, good) = (ScriptedSite { $0.answer = (503, "application/json", #"{"code":"unavailable"}"#) }, ScriptedSite())
        try await bad.run { first in
            try await good.run { second in
                try await office.follow(first, second) { status in
                    try await eventually("it follows") { status.current.state == "following" && status.current.peer == second }
                }
            }
        }
        #expect(bad.requests.count == 1)
    }

    @Test("a stream on which nothing comes is given up, and goes on from its position")
    func silence() async throws {
        let office = try await HeadOffice("A")
        let site = ScriptedSite {
            $0.stream = { $0 == "e1:10" ? Script.block("e1", 11, "A", 1) : Script.block("e1", 12, "A", 2) }
        }
        try await site.run { url in
            try await office.follow(url, silence: .milliseconds(500)) { status in
                try await eventually("it is told") { status.current.lastError?.hasSuffix("sent nothing for too long") == true }
                try await eventually("it goes on") { try await office.units("A") == 2 }
            }
        }
        #expect(site.snapshots == 1 && office.values("A") == [1, 2])
    }

    @Test("commands that the server cannot take now are handed in again, in their order")
    func overloaded() async throws {
        let office = try await HeadOffice("A")
        let site = ScriptedSite {
            $0.stream = { _ in (11...30).map { Script.block("e1", $0, "A", Int64($0)) }.joined() }
        }
        try await site.run { url in
            try await office.follow(url, gateway: FailingGateway(office.engine)) { _ in
                try await eventually("all came") { try await office.units("A") == 30 }
            }
        }
        #expect(office.values("A") == Array(11...30))
    }
}
