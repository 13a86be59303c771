import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// A site on a free port whose answers a test decides, to the byte.
final class ScriptedSite: Sendable {
    struct Script: Sendable {
        var epoch = "e1"
        /// Pages of products, each with the event at which it holds.
        var pages: [(seq: UInt64, products: String)] = [(10, "[]")]
        /// The stock of a SKU, with the event at which it holds.
        var stock: [String: (seq: UInt64, rows: String)] = [:]
        var locations = #"[{"code":"MAIN","name":"Main","sells":true,"priority":0}]"#
        /// What the stream sends after a position, before it stays open.
        var stream: @Sendable (_ after: String) -> String = { _ in "" }
        /// What open streams send now; each of it goes to one of them.
        var later = ""
        /// What everything is answered in place of the rest.
        var answer: (status: Int, type: String, body: String)?
    }

    private let script: Mutex<Script>
    private let calls = Mutex<[String]>([])

    init(_ configure: (inout Script) -> Void = { _ in }) {
        var script = Script()
        configure(&script)
        self.script = Mutex(script)
    }

    func change(_ body: (inout sending Script) -> Void) { script.withLock { body(&$0) } }

    /// The paths of the requests that came, and the positions of streams behind them.
    var requests: [String] { calls.withLock { $0 } }
    var snapshots: Int { requests.count { $0.hasPrefix("/api/products?limit=100") && !$0.contains("cursor") } }

    /// Runs `test` with the site's URL.
    func run(_ test: @escaping @Sendable (_ url: String) async throws -> Void) async throws {
        var logger = Logger(label: "site")
        logger.logLevel = .critical
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in self.answer(request) },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in found.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            defer { group.cancelAll() }
            for await port in ports {
                try await test("http://127.0.0.1:\(port)")
                break
            }
        }
    }

    private func answer(_ request: Request) -> Response {
        let uri = request.uri.string
        let after = request.headers[.init("Last-Event-ID")!] ?? ""
        calls.withLock { $0.append(after.isEmpty ? uri : "\(uri) \(after)") }
        let script = script.withLock { $0 }
        if let (status, type, body) = script.answer { return response(body, type: type, status: status) }
        func list(_ items: String, _ cursor: String, _ seq: UInt64) -> Response {
            response(#"{"items":\#(items),"nextCursor":\#(cursor)}"#, epoch: script.epoch, seq: seq)
        }
        switch request.uri.path {
        case "/api/locations": return list(script.locations, "null", script.pages[0].seq)
        case "/api/products":
            let index = request.uri.queryParameters["cursor"].flatMap { Int($0) } ?? 0
            let isLast = index == script.pages.count - 1
            return list(script.pages[index].products, isLast ? "null" : "\"\(index + 1)\"", script.pages[index].seq)
        case "/api/stock":
            guard let sku = request.uri.queryParameters["sku"], let stock = script.stock[String(sku)] else {
                return response(#"{"code":"unknown_variant"}"#, status: 404)
            }
            return list(stock.rows, "null", stock.seq)
        case "/api/events/stream":
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream"],
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: script.stream(after)))
                    while true {
                        try await Task.sleep(for: .milliseconds(20))
                        let later = self.script.withLock { script in
                            defer { script.later = "" }
                            return script.later
                        }
                        if !later.isEmpty { try await writer.write(ByteBuffer(string: later)) }
                    }
                })
        default: return response(#"{"code":"not_found"}"#, status: 404)
        }
    }

    private func response(
        _ body: String, type: String = "application/json", status: Int = 200, epoch: String? = nil, seq: UInt64 = 0
    ) -> Response {
        var headers: HTTPFields = [.contentType: type]
        if let epoch {
            headers[.init("Tallywire-Epoch")!] = epoch
            headers[.init("Tallywire-Seq")!] = "\(seq)"
        }
        return Response(
            status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

extension ScriptedSite.Script {
    /// A product without variants, with stock at MAIN.
    static func product(_ id: Int, _ sku: String, _ stock: Int64) -> String {
        """
        {"id":\(id),"name":"\(sku)","status":"active","price":null,"variants":[{"isDefault":true,"sku":"\(sku)","name":"\(sku)",\
        "price":null,"ownPrice":false,"barcodes":[],"locations":[{"location":"MAIN","stock":\(stock)}]}]}
        """
    }

    /// The block of an event that sets the stock of a SKU at MAIN.
    static func block(_ epoch: String, _ seq: UInt64, _ sku: String, _ stock: Int64, at location: String = "MAIN") -> String {
        """
        id: \(epoch):\(seq)
        event: inventory_updated
        data: {"type":"inventory_updated","seq":\(seq),"timestamp":"2026-11-30T20:44:53.735Z","data":{"productId":1,"variantId":null,\
        "sku":"\(sku)","variantName":"\(sku)","stock":\(stock),"previousStock":0,"totalProductStock":\(stock),"onHand":\(stock),\
        "reserved":0,"operation":"set","quantity":\(stock),"price":null,"status":"active","level":"ok","location":"\(location)",\
        "locationStock":\(stock),"locationOnHand":\(stock),"locationReserved":0,"version":1,"source":"http","movementId":"m\(seq)",\
        "timestamp":"2026-11-30T20:44:53.735Z"}}


        """
    }
}
