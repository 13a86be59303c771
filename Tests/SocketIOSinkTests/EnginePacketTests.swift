import NIOCore
import RoomHub
import TallywireCore
import TestSupport
import Testing
import WebSocketServer

@testable import SocketIOSink

@Suite("Packets of Engine.IO and Socket.IO")
struct EnginePacketTests {
    @Test("a body has its packets between separators, and binary messages in base64")
    func payload() throws {
        let body = ByteBuffer(string: "4hello\u{1E}bAQIDBA==\u{1E}3")
        let packets = try EnginePayload.packets(body)
        #expect(packets.map(\.kind) == [.message, .message, .pong])
        #expect(packets[1] == .binary(ByteBuffer(bytes: [1, 2, 3, 4])))
        #expect(EnginePayload.body(packets) == body)
    }

    @Test("what is no packet is refused", arguments: ["", "abc", "7", "4a\u{1E}", "b%%%"])
    func malformed(_ text: String) {
        #expect(throws: MalformedPacket.self) { try EnginePayload.packets(ByteBuffer(string: text)) }
    }

    @Test("a body has at most so many packets")
    func count() throws {
        let most = String(repeating: "3\u{1E}", count: EnginePayload.mostPackets - 1) + "3"
        #expect(try EnginePayload.packets(ByteBuffer(string: most)).count == EnginePayload.mostPackets)
        #expect(throws: MalformedPacket.self) { try EnginePayload.packets(ByteBuffer(string: most + "\u{1E}3")) }
    }

    @Test("a body of frames has the frames' payloads, whatever their lengths and however they are cut")
    func frames() throws {
        let texts = [1, 125, 126, 65_535, 65_536].map { String(repeating: "x", count: $0) }
        let frames = texts.map { EnginePacket.message(ByteBuffer(string: $0)).frame }
        var whole = ByteBuffer()
        for frame in frames { whole.writeImmutableBuffer(frame) }
        let expected = texts.map { "4" + $0 }.joined(separator: "\u{1E}")
        #expect(String(buffer: EnginePayload.body(frames: [whole])) == expected)
        #expect(String(buffer: EnginePayload.body(frames: frames)) == expected)
    }

    @Test(
        "packets of Socket.IO are read and written as they are",
        arguments: [
            "0", #"0{"token":"a"}"#, "0/custom,", #"0/custom,{"a":1}"#, "1", "1/admin,", #"2["message",1,"2",{"3":[true]}]"#,
            #"2/admin,456["a"]"#, #"3456[1,"2"]"#, "3/admin,0[]", #"2[1]"#,
        ])
    func socket(_ text: String) throws {
        let valid = text != "2[1]"
        guard valid else {
            #expect(throws: MalformedPacket.self) { try SocketPacket.read(ByteBuffer(string: text)) }
            return
        }
        let (packet, attachments) = try SocketPacket.read(ByteBuffer(string: text))
        #expect(attachments == 0)
        let written = packet.enginePackets.map { String(buffer: $0.payload) }
        #expect(written == [text == "0/custom," || text == "1/admin," ? text : text])
    }

    @Test(
        "a packet that is none is refused",
        arguments: [
            "", "a", "9", "2", "2{}", "2[]", #"2["connect"]"#, #"2abc["a"]"#, #"2["a"#, "0[1]", "0\"text\"", "1[1]", "3[1]", "31{}",
            #"4{"message":"no"}"#, #"5["a"]"#, #"5x-["a"]"#, #"565-["a"]"#, #"299999999999999999999["a"]"#,
            "0/" + String(repeating: "n", count: SocketPacket.longestNamespace) + ",",
        ])
    func malformedSocket(_ text: String) {
        #expect(throws: MalformedPacket.self) { try SocketPacket.read(ByteBuffer(string: text)) }
    }

    @Test("a binary packet is whole with its last attachment, and nothing else may come before it")
    func attachments() throws {
        var assembler = PacketAssembler(limit: 4)
        let text = ByteBuffer(string: #"52-7["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
        #expect(try assembler.take(text: text) == nil)
        #expect(throws: MalformedPacket.self) { try assembler.take(text: text) }
        #expect(try assembler.take(binary: ByteBuffer(bytes: [1, 2])) == nil)
        let packet = try #require(try assembler.take(binary: ByteBuffer(bytes: [3, 4])))
        #expect(packet.id == 7 && packet.attachments.map(\.readableBytes) == [2, 2])
        #expect(packet.enginePackets.map(\.isBinary) == [false, true, true])
        #expect(packet.enginePackets[0].payload == text)
        #expect(throws: MalformedPacket.self, "none was announced") { try assembler.take(binary: ByteBuffer(bytes: [1])) }
        _ = try assembler.take(text: text)
        _ = try assembler.take(binary: ByteBuffer(bytes: [1, 2]))
        #expect(throws: MalformedPacket.self, "more bytes than the limit") {
            try assembler.take(binary: ByteBuffer(bytes: [3, 4, 5]))
        }
    }

    @Test("an event is its name, its data and its position; merged ones say how many they are")
    func events() {
        func text(_ json: String, merged: Int) -> String {
            let encoding = EventEncoding.socketIO(epoch: "e\"1")
            return String(
                decoding: encoding.payload(Array(json.utf8), .init(seq: 7, type: .inventoryUpdated, merged: merged)), as: UTF8.self)
        }
        let json = #"{"type":"inventory_updated","seq":7,"timestamp":"t","data":{"stock":1,"data":{"a":2}}}"#
        #expect(text(json, merged: 0) == #"42["inventory_updated",{"stock":1,"data":{"a":2}},"e\"1:7"]"#)
        #expect(text(json, merged: 3) == #"42["inventory_updated",{"conflated":3,"stock":1,"data":{"a":2}},"e\"1:7"]"#)
        #expect(
            text(#"{"type":"inventory_updated","seq":7,"data":{}}"#, merged: 1)
                == #"42["inventory_updated",{"conflated":1},"e\"1:7"]"#)
    }
}
