import AsyncHTTPClient
import Foundation
import Mosquitto
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

/// A server, a broker, WebSocket clients and scanners that together say everything that there is to say.
struct AsyncAPIScenario {
    let broker: TestBroker
    let server: ServerProcess
    let transcript = Transcript()
    private let scanner: MQTTClient
    private let admin: String

    private static let secret = "a secret for tests that is long enough for HS256"

    init() async throws {
        broker = try TestBroker()
        server = try ServerProcess(plugins: Self.plugins(broker.url))
        scanner = try MQTTClient(MQTTClientOptions(broker: try BrokerAddress(broker.url), clientID: "scanner"), logger: quiet)
        admin = try await Self.token(server, "admin")
    }

    /// A moment so many seconds after one of a minute ago, as scanners write it.
    private static func lately(_ seconds: Int) -> String {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) - 60_000 + Int64(seconds) * 1000).description
    }

    private static func plugins(_ broker: String) -> String {
        """
        {
          "auth": { "mode": "jwt", "secret": "\(secret)" }, "defaultLocation": "MAIN",
          "sources": [{ "plugin": "mqtt-scanners", "broker": "\(broker)", "responses": ["answers/{device}", "scanners/{device}/#"],
            "devices": {
            "dock-*": { "operation": "add" }, "hand-*": { "operation": "subtract", "bounce": "60s" } } }],
          "sinks": [
            { "plugin": "websocket",
              "rooms": {
                "admin_room": { "events": ["inventory_updated", "stock_alert", "product_status_changed", "catalogue_changed",
                  "device_offline", "device_online", "display_stale", "display_current", "serial_repeated",
                  "alert_acknowledged", "scan_set_aside", "reservation_changed", "count_changed"], "role": "admin" },
                "brief_room": { "events": ["inventory_updated"], "role": "admin", "replay": 0 } },
              "broadcast": { "events": ["inventory_updated"], "fields": ["sku", "stock"], "stock": { "bands": [0, 5] } } },
            { "plugin": "mqtt", "broker": "\(broker)", "publish": [
              { "events": ["inventory_updated", "product_status_changed"], "topic": "displays/{location}/{sku}", "retain": true,
                "payload": "display" },
              { "topic": "events/{event}" }, { "topic": "cloud/{event}", "payload": "cloudevents" },
              { "topic": "binary/{event}", "payload": "cloudevents-binary" } ],
              "confirm": { "within": "100ms" } }
          ]
        }
        """
    }

    private static func token(_ server: ServerProcess, _ role: String) async throws -> String {
        let result = try await server.run("token", "--role", role)
        #expect(result.status == 0, "\(result.output)")
        return result.output.trimmingCharacters(in: .newlines)
    }

    /// Plays it to the end, which is the server's. Answers with the document that the server gave.
    func play() async throws -> Data {
        var options = MQTTClientOptions(broker: try BrokerAddress(broker.url), clientID: "listener")
        options.subscriptions = ["#"]
        let listener = try MQTTClient(options, logger: quiet)
        async let listening: Void = listen(to: listener)
        try await listener.connected(within: .seconds(20))
        try await scanner.connected(within: .seconds(20))
        // A scan of one device ended the server twice before.
        let data = server.folder.file("data")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let poison = HandlingNote.mark(Command.key(id: "a-9", device: "dock-9"))
        try HandlingNoteFile.write(poison: [poison], to: data + "/tallywire.db.handling")
        try await server.start()
        let document = try await call(.GET, "/asyncapi.json")
        let shop = try await connect([:])
        let page = try await connect(["Authorization": "Bearer \(admin)"])
        async let shopping: Void = listen(to: shop)
        async let paging: Void = listen(to: page)
        try await changeCatalogue(page)
        try await scan()
        try await confirm()
        try await talk(page)
        #expect(await server.terminate() == 0)
        try await transcript.expect("offline", in: "tallywire/status")
        _ = try await (shopping, paging)
        await scanner.stop()
        await listener.stop()
        await listening
        return document
    }

    // MARK: Over HTTP

    private func changeCatalogue(_ page: WebSocketClient) async throws {
        try await send(page, #"{"type":"join","room":"admin_room"}"#)
        try await transcript.expect("joined")
        try await call(
            .POST, "/api/products",
            """
            {"id":1,"name":"Tee","price":19.99,"variants":[
              {"id":11,"sku":"TEE-RED-M","barcodes":["4006381333931","00251651473440"]},{"id":12,"sku":"TEE-BLUE-M"}]}
            """)
        try await call(.POST, "/api/products", #"{"id":2,"name":"Mug","sku":"MUG","variantId":21}"#)
        try await call(.PATCH, "/api/products/1", #"{"price":21.5}"#)
        try await call(.PATCH, "/api/products/1/status", #"{"status":"inactive"}"#)
        for (operation, quantity) in [("set", 40), ("subtract", 35), ("subtract", 5)] {
            if quantity == 35 { try await reserve() }
            if quantity == 35 { try await count() }
            try await call(
                .PATCH, "/api/variants/12/inventory",
                #"{"operation":"\#(operation)","quantity":\#(quantity),"reason":"count","reference":"c-1"}"#)
        }
        try await acknowledge()
        try await transcript.expect("TEE-BLUE-M", in: "displays/MAIN/TEE-BLUE-M")
        try await call(.DELETE, "/api/variants/12")
    }

    /// Units are held, some of them captured and the others released.
    private func reserve() async throws {
        let lines = #"[{"sku":"TEE-BLUE-M","quantity":2}]"#
        try await call(.POST, "/api/reservations", #"{"id":"basket","reference":"order 7","lines":\#(lines)}"#)
        try await call(.POST, "/api/reservations/basket/capture", #"{"lines":[{"sku":"TEE-BLUE-M","quantity":1}]}"#)
        try await call(.PATCH, "/api/variants/12/inventory", #"{"operation":"add","quantity":1}"#)
    }

    /// An item is counted, and counted again; the count changes no stock.
    private func count() async throws {
        let line = #"{"lines":[{"sku":"TEE-BLUE-M","quantity":1}]"#
        try await call(.POST, "/api/counts", #"{"id":"count","location":"MAIN","prefix":"TEE-","blind":true}"#)
        try await call(.POST, "/api/counts/count/lines", line + "}")
        try await call(.POST, "/api/counts/count/lines", line + #","recount":true}"#)
        try await call(.POST, "/api/counts/count/void", "{}")
        try await call(.POST, "/api/counts", #"{"id":"none","location":"MAIN","skus":["TEE-BLUE-M"]}"#)
        try await call(.POST, "/api/counts/none/close", "{}")
    }

    /// Somebody sees to the alert that the last variant is out.
    private func acknowledge() async throws {
        struct Alerts: Decodable {
            struct Alert: Decodable { let seq: UInt64? }
            let items: [Alert]
        }
        let alerts = try JSONDecoder().decode(Alerts.self, from: try await call(.GET, "/api/alerts"))
        let seq = try #require(alerts.items.compactMap(\.seq).last)
        try await call(.POST, "/api/alerts/\(seq)/acknowledgement", #"{"note":"ordered"}"#)
        try await transcript.expect("has seen", in: "events/alert_acknowledged")
    }

    @discardableResult
    private func call(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> Data {
        var request = HTTPClientRequest(url: server.url + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(admin)")
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(Data(body.utf8))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = Data(buffer: try await response.body.collect(upTo: 1 << 20))
        #expect((200...201).contains(response.status.code), "\(method) \(path): \(String(decoding: body, as: UTF8.self))")
        return body
    }

    // MARK: Over MQTT

    private func scan() async throws {
        func publish(_ device: String, _ payload: String, reply: String = "status") async throws {
            try await self.publish("scanners/\(device)/scan", payload)
            try await transcript.expect(reply, in: "scanners/\(device)/ack")
        }
        try await publish("dock-1", "4006381333931", reply: "applied")
        try await publish("dock-2", #"{"id":"a-1","barcode":4006381333931,"quantity":30,"batch":"B","expiry":"2027-03-31"}"#)
        try await publish(
            "dock-2", #"{"id":"a-1","barcode":4006381333931,"quantity":30,"batch":"B","expiry":"2027-03-31"}"#, reply: "duplicate")
        try await publish(
            "dock-3", #"[{"id":"a-2","sku":"TEE-RED-M","quantity":2},{"variantId":21,"quantity":9}]"#, reply: "lines")
        try await publish("dock-4", #"{"id":"a-3","sku":"TEE-RED-M","serial":"S-7","occurredAt":"\#(Self.lately(0))"}"#)
        try await publish("dock-4", #"{"id":"a-4","sku":"TEE-RED-M","serial":"S-7"}"#, reply: "warnings")
        try await publish("dock-9", #"{"id":"a-9","sku":"TEE-RED-M"}"#, reply: "set aside")
        try await transcript.expect("set aside", in: "events/scan_set_aside")
        try await publish("dock-5", #"{"id":"a-5","barcode":"0000"}"#, reply: "unknown_variant")
        // With times of its own, since what may have waited at the broker is no bounce.
        for (second, reply) in [(1, "applied"), (2, "bounced")] {
            try await publish(
                "hand-1", #"{"barcode":"4006381333931","occurredAt":"\#(Self.lately(second))"}"#, reply: reply)
        }
        let proGlove = """
            {"api_version":"1.0","event_type":"scan","event_id":"02114da8-feae-46e3-8b00-a3f7ea8672df","device_serial":"hand-2",
             "scan_code":"4006381333931"}
            """
        try await publish("hand-2", proGlove)
        let sled = #"{"type":"INVENTORY","data":{"barcodeData":[{"decodedBarcode":"4006381333931"},{"decodedBarcode":"0"}]}}"#
        try await publish("hand-3", sled, reply: "results")
        let reader = #"[{"data":{"format":"epc","idHex":"30340F5C0C2E3C0000000007"},"type":"SIMPLE"}]"#
        try await publish("hand-4", reader, reply: "results")
        try await publish("hand-4", reader, reply: "seen")
        let wanted = MQTTMessage(
            topic: "scanners/dock-6/scan", payload: Array("4006381333931".utf8), responseTopic: "answers/dock-6",
            correlationData: [1, 2, 3])
        _ = try await scanner.publish([wanted])
        try await transcript.expect("applied", in: "answers/dock-6")
        for status in ["online", #"{"status":"offline","session":1,"battery":81,"firmware":"2.4.1"}"#, "ONLINE"] {
            try await self.publish("scanners/dock-1/status", status, retain: true)
        }
        try await transcript.expect("serial_repeated", in: "events/serial_repeated")
        try await transcript.expect("its status says so, or its will", in: "events/device_offline")
        try await transcript.expect("it says so", in: "events/device_online")
    }

    /// A display that shows something old, and is put right.
    private func confirm() async throws {
        let topic = "displays/MAIN/MUG"
        try await publish(topic + "/shown", #"{"version":0}"#)
        try await transcript.expect("has not confirmed", in: "events/display_stale")
        let last = transcript.entries.last { $0.place == .topic(topic) }.flatMap { Transcript.json($0)?["version"]?.unsigned }
        try await publish(topic + "/shown", #"{"version":\#(try #require(last)),"battery":3.1}"#)
        try await transcript.expect("shows version", in: "events/display_current")
        for mode in ["cloud", "binary"] { try await transcript.expect("shows version", in: "\(mode)/display_current") }
    }

    private func publish(_ topic: String, _ payload: String, retain: Bool = false) async throws {
        _ = try await scanner.publish([MQTTMessage(topic: topic, payload: Array(payload.utf8), retain: retain)])
    }

    private func listen(to client: MQTTClient) async {
        for await batch in client.batches {
            for message in batch.messages {
                let headers = Dictionary(message.userProperties.map { ($0.name, $0.value) }) { first, _ in first }
                transcript.note(
                    Transcript.Entry(place: .topic(message.topic), payload: message.payload, headers: headers))
            }
            batch.acknowledge()
        }
    }

    // MARK: Over WebSocket

    private func talk(_ page: WebSocketClient) async throws {
        let shop = try await Self.token(server, "shop")
        try await send(page, #"{"type":"join","room":"location:MAIN","snapshot":true}"#)
        try await transcript.expect("snapshot")
        let epoch = transcript.entries.lazy.filter { $0.place == .webSocket }.compactMap { Transcript.json($0)?["epoch"]?.string }
            .first
        try await send(
            page, #"{"type":"join","room":"brief_room","since":{"epoch":"\#(try #require(epoch))","seq":3}}"#)
        try await transcript.expect("snapshot", 2)
        try await send(page, #"{"type":"leave","room":"location:MAIN"}"#)
        try await transcript.expect("left")
        try await send(page, #"{"type":"track","products":[1],"variants":[21]}"#)
        try await transcript.expect("tracking")
        try await send(page, #"{"type":"untrack","variants":[21]}"#)
        try await transcript.expect("untracked")
        for ping in [#"{"type":"ping","id":1}"#, #"{"type":"ping","id":"a"}"#, #"{"type":"ping"}"#] { try await send(page, ping) }
        try await transcript.expect("pong", 3)
        try await page.send(#"{"type":"shout"}"#)
        try await send(page, #"{"type":"join","room":"nix"}"#)
        try await transcript.expect("error", 2)
        try await transcript.expect("display_current")
        try await send(page, #"{"type":"auth","token":"\#(shop)"}"#)
        try await transcript.expect("authenticated")
        // The rooms that are not for a shop.
        try await transcript.expect("left", 3)
    }

    private func connect(_ headers: HTTPHeaders) async throws -> WebSocketClient {
        try await WebSocketClient.connect(port: try #require(URL(string: server.url)?.port), headers: headers)
    }

    /// Sends what the document describes.
    private func send(_ client: WebSocketClient, _ text: String) async throws {
        transcript.note(Transcript.Entry(place: .webSocket, isClients: true, payload: Array(text.utf8)))
        try await client.send(text)
    }

    private func listen(to client: WebSocketClient) async throws {
        while !Task.isCancelled {
            do {
                switch try await client.next(within: .seconds(1)) {
                case .text(let text): transcript.note(Transcript.Entry(place: .webSocket, payload: Array(text.utf8)))
                case .ended: return
                default: continue
                }
            } catch WebSocketClient.Failure.nothingCame {
                continue
            }
        }
    }
}
