import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import TallywireTesting
import TestSupport
import Testing

/// The real server, a process of its own in a folder of its own, at the same port each time it runs.
final class StockServer: Sendable {
    static let rooms = """
        "rooms": {
          "admin_room": { "events": ["inventory_updated", "stock_alert", "product_status_changed"], "role": "admin" },
          "ecommerce_room": { "events": ["inventory_updated", "product_status_changed"] },
          "everything": { "events": ["inventory_updated", "stock_alert", "product_status_changed", "catalogue_changed"] }
        }
        """
    static let secret = "0123456789abcdef0123456789abcdef"
    static let auth = #""auth": { "mode": "jwt", "secret": "\#(secret)" },"#

    let folder: TemporaryFolder
    private let address = Mutex(0)
    private let token: String?
    private let process = Mutex<(process: Process, ends: AsyncStream<Void>)?>(nil)

    /// - Parameters:
    ///   - sink: members of the WebSocket sink's entry; with `settings` beside the sinks.
    ///   - token: shown with each call.
    init(sink: String = rooms, settings: String = "", token: String? = nil) throws {
        folder = try TemporaryFolder()
        self.token = token
        try #"{ \#(settings) "sinks": [ { "plugin": "websocket", \#(sink) } ] }"#
            .write(toFile: folder.file("plugins.json"), atomically: true, encoding: .utf8)
    }

    /// One that runs, with product 1 and its variants 11 and 12, and product 2 without variants.
    static func filled(sink: String = rooms, settings: String = "", token: String? = nil) async throws -> StockServer {
        let server = try StockServer(sink: sink, settings: settings, token: token)
        try await server.start()
        try await server.fill()
        return server
    }

    /// The same from start to end.
    var port: Int { address.withLock { $0 } }

    deinit {
        if let (process, _) = process.withLock({ $0 }) { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    // MARK: The process

    func start() async throws {
        try? FileManager.default.removeItem(atPath: folder.file("ready.json"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
            "tallywire")
        process.arguments = ["serve", "--port", "\(port)", "--ready-file", "ready.json"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        try Data().write(to: URL(fileURLWithPath: folder.file("server.log")))
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("server.log")))
        process.standardOutput = log
        process.standardError = log
        let (ends, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.finish() }
        try process.run()
        self.process.withLock { $0 = (process, ends) }
        try await eventually("the server is ready", within: .seconds(60)) {
            if !process.isRunning { throw NeverHappened(description: "the server ended: \(output)") }
            guard let data = FileManager.default.contents(atPath: folder.file("ready.json")) else { return false }
            let ready = try JSONDecoder().decode(Ready.self, from: data)
            address.withLock { $0 = ready.http.port }
            return true
        }
    }

    private struct Ready: Decodable {
        struct HTTP: Decodable { let port: Int }
        let http: HTTP
    }

    private var output: String { (try? String(contentsOfFile: folder.file("server.log"), encoding: .utf8)) ?? "" }

    /// Ends it, as a power cut would or as it is asked to.
    func stop(_ signal: Int32 = SIGKILL) async {
        guard
            let (process, ends) = process.withLock({ process in
                defer { process = nil }; return process
            })
        else { return }
        Foundation.kill(process.processIdentifier, signal)
        for await _ in ends {}
    }

    /// Makes the next run begin with an empty journal.
    func forget() throws { try FileManager.default.removeItem(atPath: folder.file("data")) }

    // MARK: Calls

    @discardableResult
    func call(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> Data {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let data = Data(try await response.body.collect(upTo: 64 << 20).readableBytesView)
        guard (200..<300).contains(response.status.code) else {
            throw NeverHappened(description: "\(method) \(path): \(String(decoding: data, as: UTF8.self))")
        }
        return data
    }

    func get<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: try await call(.GET, path))
    }

    func fill() async throws {
        try await call(
            .POST, "/api/products",
            """
            {"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED-M","name":"Red / M"},
            {"id":12,"sku":"TEE-BLUE-M","name":"Blue / M","price":21.5}]}
            """)
        try await call(.POST, "/api/products", #"{"id":2,"name":"Mug","price":9.5,"sku":"MUG"}"#)
    }

    /// Sets the stock of a variant.
    func stock(_ variant: Int64, _ quantity: Int64) async throws {
        try await call(.PATCH, "/api/variants/\(variant)/inventory", #"{"operation":"set","quantity":\#(quantity)}"#)
    }

    struct Committed: Decodable, Equatable {
        let seq: UInt64
        let type: String
    }

    /// All events of the journal of these types.
    func events(_ types: String) async throws -> [Committed] {
        struct Page: Decodable { let items: [Committed] }
        var events: [Committed] = []
        while true {
            let page: Page = try await get("/api/events?limit=1000&after=\(events.last?.seq ?? 0)&type=\(types)")
            events += page.items
            if page.items.count < 1000 { return events }
        }
    }

    struct Product: Decodable {
        struct Variant: Decodable {
            let sku: String
            let price: Double?
            let version: Int64
            let level: String
        }
        let id: Int64
        let status: String
        let variants: [Variant]
    }

    func products() async throws -> [Product] {
        struct Page: Decodable { let items: [Product] }
        return try await get("/api/products?limit=1000", as: Page.self).items
    }

    func stocks() async throws -> [String: Int64] {
        struct Line: Decodable {
            let sku: String
            let stock: Int64
        }
        struct Page: Decodable { let items: [Line] }
        return try await get("/api/stock?limit=1000", as: Page.self).items.reduce(into: [:]) { $0[$1.sku, default: 0] += $1.stock }
    }
}
