import NIOWebSocket
import TallywireCore
import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketSink

@Suite("Names of rooms from outside")
struct RoomNameTests {
    /// One character of so many Unicode scalars.
    private func oneCharacter(_ scalars: Int) -> String { "a" + String(repeating: "\u{301}", count: scalars - 1) }

    @Test("a location's room has the name of a location code: 1 to 32 Unicode scalars, none of them a control, / + or #")
    func rule() {
        for code in ["W", "STORE-7", "Küche 2", String(repeating: "x", count: 32), "a\u{316}\u{323}"] {
            #expect(FollowedRoom("location:\(code)") == .location(code), "\(code)")
        }
        let refused = [
            "", " ", "\u{FEFF}", String(repeating: "x", count: 33), oneCharacter(34), oneCharacter(31_000), "A/B", "A+", "#",
            "A\u{7}B",
            "A\u{7F}", "A\u{85}B", String(repeating: " ", count: 60_000) + "A",
        ]
        for code in refused { #expect(FollowedRoom("location:\(code)") == nil, "\(code.unicodeScalars.count) scalars") }
        #expect(FollowedRoom("product:" + oneCharacter(31_000)) == nil)
    }

    @Test("a code is one room in whatever form it comes: composed, decomposed, with white space around it")
    func oneForm() throws {
        for code in ["SU\u{308}D", "S\u{DC}D", " S\u{DC}D\r\n", "\u{FEFF}\u{2003}SU\u{308}D\u{85}"] {
            let room = try #require(FollowedRoom("location:\(code)"))
            #expect(Array(room.name.unicodeScalars) == Array("location:S\u{DC}D".unicodeScalars))
        }
    }

    @Test("answers name a room in its one form, and it is left by any other")
    func answers() throws {
        let connection = try EmbeddedConnection("/ws?room=location:%20SU%CC%88D") {
            $0.hub.rooms.append(.init(name: "Ku\u{308}che", events: [.stockAlert]))
        }
        for message in [
            #"{"type":"leave","room":"location:S\#u{DC}D\#u{A0}"}"#,
            #"{"type":"join","room":"location:SU\#u{308}D","since":{"epoch":"epoch","seq":41}}"#,
            #"{"type":"join","room":"K\#u{FC}che"}"#, #"{"type":"leave","room":"Ku\#u{308}che"}"#,
        ] { try connection.receive(.text, message) }
        let rooms = try connection.sent().dropFirst().map { try WebSocketJSON.room($0.text) }
        let (south, kitchen) = ("location:S\u{DC}D", "K\u{FC}che")
        #expect(rooms.map { Array($0.unicodeScalars) } == [south, south, south, kitchen, kitchen].map { Array($0.unicodeScalars) })
    }

    @Test("what is too long to be a name is refused before it is compared with anything, and 80 characters of it are quoted")
    func tooLong() throws {
        let connection = try EmbeddedConnection { $0.hub.limits.errorsPerConnection = 100 }
        _ = try connection.sent()
        let long = String(repeating: "e\u{301}", count: 15_000)
        let messages =
            ["location:\(long)", long, "product:\(long)"].flatMap { room in
                [#"{"type":"join","room":"\#(room)"}"#, #"{"type":"leave","room":"\#(room)"}"#]
            } + [#"{"type":"\#(long)"}"#]
        let time = try ContinuousClock().measure { for message in messages { try connection.receive(.text, message) } }
        let texts = try connection.sent().map(\.text)
        #expect(texts.map { $0.contains(#""code":"unknown_room""#) } == Array(repeating: true, count: 6) + [false])
        for text in texts { #expect(text.unicodeScalars.count < 300) }
        // Comparing and hashing such texts cost 20 ms each and more.
        #expect(time < .seconds(2))
    }

    @Test("an epoch that is longer than any could be is a mistake, like a position that is none", arguments: ["join", "query"])
    func epochs(way: String) throws {
        let epoch = "e" + String(repeating: "\u{301}", count: 3_000)
        let connection = try EmbeddedConnection(way == "query" ? "/ws?room=admin_room&since=\(epoch):1" : "/ws")
        _ = try connection.sent().count
        if way == "join" {
            try connection.receive(.text, #"{"type":"join","room":"admin_room","since":{"epoch":"\#(epoch)","seq":1}}"#)
            #expect(try connection.sent().first?.text.contains(#""code":"invalid_message""#) == true)
        } else {
            #expect(JournalPosition("\(epoch):1") == nil)
            #expect(JournalPosition("e:+1") == nil && JournalPosition("e:1")?.seq == 1)
        }
    }

    @Test("in plugins.json a name has 64 Unicode scalars at most")
    func configured() {
        #expect(RoomSettings.mistake(inRoomName: String(repeating: "x", count: 64)) == nil)
        #expect(RoomSettings.mistake(inRoomName: oneCharacter(65)) != nil)
    }
}

enum WebSocketJSON {
    /// The member `room` of a message.
    static func room(_ message: String) throws -> String { try JSONValue(message)["room"]?.string ?? "" }
}
