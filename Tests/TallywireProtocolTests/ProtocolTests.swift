import TallywireCore
import Testing

@testable import TallywireProtocol

@Suite("The messages of the rooms")
struct ProtocolTests {
    @Test(
        "a client's message is read",
        arguments: [
            (#"{"type":"join","room":"admin_room"}"#, ClientMessage.join(room: "admin_room", since: nil, snapshot: false)),
            (#"{"type":"track","products":[1,2],"variants":[11]}"#, .track(.init(products: [1, 2], variants: [11]))),
            (#"{"type":"untrack","variants":[11]}"#, .untrack(.init(variants: [11]))),
            (#" { "room" : "a b" , "type" : "join" , "more" : [1] } "#, .join(room: "a b", since: nil, snapshot: false)),
            (
                #"{"type":"join","room":"r","snapshot":true,"since":{"epoch":"e","seq":7}}"#,
                .join(room: "r", since: .init(epoch: "e", seq: 7), snapshot: true)
            ),
            (#"{"type":"leave","room":"r"}"#, .leave(room: "r")),
            (#"{"type":"auth","token":"t"}"#, .auth(token: "t")),
            (#"{"type":"ping"}"#, .ping(nil)),
            (#"{"type":"ping","id":null}"#, .ping(nil)),
            (#"{"type":"ping","id":-3}"#, .ping(.number(-3))),
            (#"{"type":"ping","id":"x"}"#, .ping(.text("x"))),
        ])
    func reading(text: String, message: ClientMessage) throws {
        #expect(try ClientMessage(text.utf8) == message)
    }

    @Test(
        "a message that cannot be read has a code that says why",
        arguments: [
            ("", "invalid_json"), ("hello", "invalid_json"), (#"{"type":"ping""#, "invalid_json"),
            ("1", "invalid_message"), ("[]", "invalid_message"), ("{}", "invalid_message"), (#"{"type":1}"#, "invalid_message"),
            (#"{"type":"join"}"#, "invalid_message"), (#"{"type":"join","room":1}"#, "invalid_message"),
            (#"{"type":"join","room":"r","since":5}"#, "invalid_message"),
            (#"{"type":"join","room":"r","since":{"epoch":"e"}}"#, "invalid_message"),
            (#"{"type":"join","room":"r","since":{"epoch":"e","seq":-1}}"#, "invalid_message"),
            (#"{"type":"ping","id":{}}"#, "invalid_message"), (#"{"type":"ping","id":1.5}"#, "invalid_message"),
            (#"{"type":"dance"}"#, "unknown_type"), (#"{"type":"track","products":[0]}"#, "invalid_message"),
            (#"{"type":"track","variants":["1"]}"#, "invalid_message"), (#"{"type":"untrack"}"#, "invalid_message"),
            (#"{"type":"leave","room":"a","room":"b"}"#, "invalid_message"),
            (#"{"type":"join","room":"r","since":{"epoch":"e","seq":1,"seq":2}}"#, "invalid_message"),
            (
                #"{"type":"leave","room":"a","x":"# + String(repeating: "[", count: 40) + #"{"b":1,"b":2}"#
                    + String(repeating: "]", count: 40) + "}", "invalid_message"
            ),
            (#"{"type":"auth"}"#, "invalid_message"), (#"{"type":"auth","token":7}"#, "invalid_message"),
        ])
    func refusing(text: String, code: String) {
        let error = #expect(throws: ClientMessage.Mistake.self) { try ClientMessage(text.utf8) }
        #expect(error?.code == code)
    }

    @Test(
        "a letter with any number of marks is refused before it is compared with anything",
        arguments: [#"{"type":"jX"}"#, #"{"X":1}"#, #"{"type":"join","room":"X"}"#, #"{"type":"auth","token":"X"}"#])
    func marks(template: String) {
        // As many as a message holds: comparing them once would take half a second.
        for mark in ["\u{301}\u{316}", #"\u0301\u0316"#] {
            let text = template.replacing("X", with: "a" + String(repeating: mark, count: 64_000 / mark.utf8.count))
            let error = #expect(throws: ClientMessage.Mistake.self) { try ClientMessage(text.utf8) }
            #expect(error == .invalid(StreamSafeText.mistake))
        }
    }

    @Test("a missing member is named")
    func naming() {
        let error = #expect(throws: ClientMessage.Mistake.self) {
            try ClientMessage(#"{"type":"join","room":"r","since":{"epoch":"e"}}"#.utf8)
        }
        #expect(error == .invalid(#""since.seq" is missing"#))
    }

    @Test("the server's messages are those of the contract, byte for byte")
    func writing() {
        func text(_ message: ServerMessage) -> String { String(decoding: message.json, as: UTF8.self) }
        #expect(
            text(.welcome(.init(epoch: "e", seq: 1041, connection: "c", pingInterval: .seconds(25), messageBytes: 65_536)))
                == #"{"type":"welcome","epoch":"e","seq":1041,"connection":"c","pingInterval":25000,"messageBytes":65536}"#)
        #expect(
            text(
                .welcome(
                    .init(epoch: "e", seq: 0, connection: "c", pingInterval: .seconds(25), messageBytes: 65_536, node: "berlin-a")))
                == #"{"type":"welcome","epoch":"e","seq":0,"connection":"c","pingInterval":25000,"messageBytes":65536,"node":"berlin-a"}"#
        )
        let previous = JournalPosition(epoch: "d", seq: 900)
        #expect(
            text(
                .welcome(
                    .init(
                        epoch: "e", seq: 901, previous: previous, connection: "c", pingInterval: .seconds(25), messageBytes: 65_536)
                ))
                == #"{"type":"welcome","epoch":"e","seq":901,"previous":{"epoch":"d","seq":900},"connection":"c","pingInterval":25000,"messageBytes":65536}"#
        )
        #expect(
            text(.joined(room: "admin_room", epoch: "e", seq: 1041, recovered: true))
                == #"{"type":"joined","room":"admin_room","epoch":"e","seq":1041,"recovered":true}"#)
        #expect(
            text(.joined(room: "r", epoch: "e", seq: 0, recovered: nil)) == #"{"type":"joined","room":"r","epoch":"e","seq":0}"#)
        #expect(text(.left(room: "r\"")) == #"{"type":"left","room":"r\""}"#)
        #expect(text(.pong(.number(1), seq: 5)) == #"{"type":"pong","id":1,"seq":5}"#)
        #expect(text(.pong(.text("a"), seq: 5)) == #"{"type":"pong","id":"a","seq":5}"#)
        #expect(text(.pong(nil, seq: 5)) == #"{"type":"pong","seq":5}"#)
        #expect(text(.error(code: "forbidden", message: "no")) == #"{"type":"error","code":"forbidden","message":"no"}"#)
    }

    @Test(
        "what one side writes the other reads",
        arguments: [
            ClientMessage.join(room: "a\"b", since: nil, snapshot: true),
            .join(room: "r", since: .init(epoch: "e", seq: 7), snapshot: false),
            .leave(room: "r"), .track(.init(products: [1], variants: [2, 3])), .untrack(.init()), .auth(token: "t"), .ping(nil),
            .ping(.number(-3)), .ping(.text("x")),
        ])
    func clientMessages(message: ClientMessage) throws {
        #expect(try ClientMessage(message.json) == message)
    }

    @Test(
        "what the server writes a client reads",
        arguments: [
            ServerMessage.welcome(.init(epoch: "e", seq: 1, connection: "c", pingInterval: .milliseconds(20), messageBytes: 1_024)),
            .welcome(
                .init(epoch: "e", seq: 1, connection: "c", pingInterval: .seconds(1), messageBytes: 1_024, node: "berlin-a")),
            .joined(room: "r", epoch: "e", seq: 5, recovered: nil), .joined(room: "r", epoch: "e", seq: 5, recovered: false),
            .left(room: "r"), .left(room: "r", because: "forbidden"),
            .authenticated(.init(role: "shop", subject: "web", device: nil, validUntil: nil)),
            .authenticated(
                .init(role: "device", subject: "s", device: "d", validUntil: Timestamp(milliseconds: 1_763_829_599_123))),
            .untracked(.init(products: [2], variants: [])), .pong(.text("x"), seq: 9), .pong(nil, seq: 9),
            .goingAway(comeBackAfter: .milliseconds(3_120)), .error(code: "new_code", message: "text"),
        ])
    func serverMessages(message: ServerMessage) throws {
        #expect(try ReceivedMessage(message.json) == .message(message))
    }

    @Test(
        "pages of values are read as they are written",
        arguments: [
            ItemsPage.snapshot(room: "r", seq: 4, changedSince: nil), .snapshot(room: nil, seq: 4, changedSince: 2),
            .tracking(seq: 4, answers: 1), .tracking(seq: 4, answers: 3),
        ])
    func pages(page: ItemsPage) throws {
        let items = #"{"productId":1},{"productId":2}"#
        for isLast in [false, true] {
            let text = page.opening + Array(items.utf8) + Array(ItemsPage.closing(isLast: isLast).utf8)
            let read = ReceivedMessage.page(
                page, items: [["productId": 1], ["productId": 2]], isLast: isLast)
            #expect(try ReceivedMessage(text) == read)
        }
    }

    @Test("a message without what it must have says what is missing; one that is not known is passed over")
    func strange() throws {
        #expect(throws: ReceivedMessage.Mistake(member: "seq")) { try ReceivedMessage(Array(#"{"type":"pong"}"#.utf8)) }
        #expect(throws: ReceivedMessage.Mistake(member: "type")) { try ReceivedMessage(Array("[]".utf8)) }
        #expect(try ReceivedMessage(Array(#"{"type":"news"}"#.utf8)) == .other)
        let event = Array(#"{"type":"news","seq":3,"data":{}}"#.utf8)
        #expect(try ReceivedMessage(event) == .event(type: "news", JSONReader.value(of: event)))
        // Servers before this member took 64 KiB.
        let welcome = #"{"type":"welcome","epoch":"e","seq":1,"connection":"c","pingInterval":25000}"#
        guard case .message(.welcome(let old)) = try ReceivedMessage(Array(welcome.utf8)) else {
            Issue.record("no welcome")
            return
        }
        #expect(old.messageBytes == 65_536 && old.node == nil)
    }

    @Test("ids are sent in messages of the size that the server takes, whatever the ids are", arguments: [128, 1_024, 65_536])
    func parts(bytes: Int) {
        let largest = Limits.largestBalance
        let items = ClientMessage.Items(
            products: (0..<5_000).map { ProductID(largest - $0) }, variants: (0..<77).map { VariantID(largest - $0) })
        let parts = items.parts(fitting: bytes)
        #expect(parts.flatMap(\.products) == items.products && parts.flatMap(\.variants) == items.variants)
        for part in parts { #expect(ClientMessage.untrack(part).json.count <= bytes) }
        let size = (bytes - 64) / 17
        #expect(parts.count == (5_000 + size - 1) / size + (77 + size - 1) / size, "no more messages than needed")
        #expect(ClientMessage.Items().parts(fitting: bytes).isEmpty)
    }
}

extension ClientMessage.Mistake {
    fileprivate var code: String {
        switch self {
        case .notJSON: "invalid_json"
        case .invalid: "invalid_message"
        case .unknownType: "unknown_type"
        }
    }
}
