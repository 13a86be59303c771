import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// Servers of several sites, and one that follows them.
enum SiteServers {
    /// A site's plugins.json.
    static func site(_ settings: String = "") -> String { #"{ \#(settings) "sinks": [{ "plugin": "websocket" }] }"# }

    /// The plugins.json of a head office that follows these sites.
    static func office(_ sources: String...) -> String {
        #"{ "sources": [\#(sources.joined(separator: ","))], "sinks": [{ "plugin": "websocket" }] }"#
    }

    /// A source's entry. `more` are members beside the URL.
    static func source(_ name: String, _ port: Int, _ more: String = "") -> String {
        #"{ "plugin": "tallywire-site", "name": "\#(name)", "url": "http://127.0.0.1:\#(port)", "recheck": "50ms"\#(more) }"#
    }
}

/// A source in the answer of `/api/pipeline`.
struct SourceReport: Decodable {
    let name: String
    let state: String
    let received, applied, duplicates, rejected, ignored: UInt64
    let lastError: String?
}

extension ServerProcess {
    /// Starts it on a port of its own, the same each time.
    func start(on port: Int) async throws { try await start(["--port", "\(port)"]) }

    func product(_ json: String) async throws {
        let (status, body) = try await call(.POST, "/api/products", json)
        #expect(status == 201, "\(String(decoding: body, as: UTF8.self))")
    }

    func location(_ json: String) async throws {
        let (status, body) = try await call(.POST, "/api/locations", json)
        #expect(status == 201, "\(String(decoding: body, as: UTF8.self))")
    }

    /// Moves units.
    func move(_ operation: String, _ sku: String, _ quantity: Int64, at location: String = "MAIN") async throws {
        let line = #"{"sku":"\#(sku)","operation":"\#(operation)","quantity":\#(quantity),"location":"\#(location)"}"#
        let (status, body) = try await call(.POST, "/api/movements", #"{"lines":[\#(line)]}"#)
        guard status == 200 else { throw NeverHappened(description: String(decoding: body, as: UTF8.self)) }
    }

    /// The units of each SKU at each location, by `SKU@LOCATION`, without those that are 0.
    func units() async throws -> [String: Int64] {
        struct Page: Decodable {
            struct Row: Decodable { let sku: String, location: String, stock: Int64 }
            let items: [Row]
        }
        let page: Page = try await get("/api/stock?limit=1000")
        return Dictionary(page.items.filter { $0.stock != 0 }.map { ("\($0.sku)@\($0.location)", $0.stock) }) { first, _ in first }
    }

    func source(_ name: String) async throws -> SourceReport {
        struct Pipeline: Decodable { let sources: [SourceReport] }
        return try #require(try await get("/api/pipeline", as: Pipeline.self).sources.first { $0.name == name })
    }

    /// Waits until the units are these.
    func waitForUnits(_ expected: [String: Int64], within deadline: Duration = .seconds(30)) async throws {
        var last: [String: Int64] = [:]
        do {
            try await eventually("the stock is \(expected)", within: deadline) {
                last = try await units()
                return last == expected
            }
        } catch {
            throw NeverHappened(description: "\(error): it is \(last)\n\(output.suffix(4_000))")
        }
    }

    /// The stock that each change of a SKU at a location has led to, in order.
    func history(_ sku: String, _ location: String) async throws -> [Int64] {
        struct Page: Decodable {
            struct Item: Decodable {
                struct Content: Decodable { let sku: String?, location: String?, locationStock: Int64? }
                let seq: UInt64
                let data: Content
            }
            let items: [Item]
        }
        var values: [Int64] = []
        var after: UInt64 = 0
        while true {
            let page: Page = try await get("/api/events?type=inventory_updated&limit=1000&after=\(after)")
            guard let last = page.items.last else { return values }
            values += page.items.filter { $0.data.sku == sku && $0.data.location == location }.compactMap(\.data.locationStock)
            after = last.seq
        }
    }
}
