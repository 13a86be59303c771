import HTTPTypes
import TallywireCore
import TallywirePipeline
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Devices and displays")
struct FieldTests {
    private let time = Timestamp(milliseconds: 1_795_365_600_000)

    @Test("devices are listed by source and name, filtered and in pages")
    func devices() async throws {
        let shop = try Shop()
        let time = time
        for name in ["dock-2", "dock-1", "till \"3\""] { shop.pipeline.devices.update(name, of: "scanners") { _ in } }
        shop.pipeline.devices.update("dock-1", of: "scanners") {
            $0.presence = .offline
            $0.since = time
            $0.lastSeen = time
            $0.session = 7
            $0.battery = 81
            $0.firmware = "1.2"
            $0.counters.applied = 5
            $0.isConfigured = true
        }
        shop.pipeline.devices.update("cage", of: "rfid") { $0.presence = .online }
        try await shop.open { client in
            let all = try await client.get("/api/devices")
            #expect(all["items"]?.elements.map { $0["device"]?.string } == ["cage", "dock-1", "dock-2", "till \"3\""])
            let dock = try #require(all["items"]?.elements[1])
            #expect(dock["presence"] == "offline" && dock["battery"] == 81 && dock["session"] == 7 && dock["applied"] == 5)
            #expect(dock["lastSeen"] == "2026-11-22T16:40:00.000Z" && dock["configured"] == true)
            let offline = try await client.get("/api/devices?presence=offline")
            #expect(offline["items"]?.elements.map { $0["device"]?.string } == ["dock-1"])
            let first = try await client.get("/api/devices?source=scanners&limit=2")
            #expect(first["items"]?.elements.map { $0["device"]?.string } == ["dock-1", "dock-2"])
            let cursor = try #require(first["nextCursor"]?.string)
            let second = try await client.get("/api/devices?source=scanners&limit=2&cursor=\(cursor)")
            #expect(second["items"]?.elements.map { $0["device"]?.string } == ["till \"3\""] && second["nextCursor"] == .null)
            #expect(try await client.get("/api/devices?presence=gone", 400)["field"] == "presence")
        }
    }

    @Test("displays are listed by location and SKU, filtered and in pages")
    func displays() async throws {
        let shop = try Shop()
        let time = time
        let records = ["STORE", "MAIN"].flatMap { location in
            ["MUG", "TEE"].map { sku in
                var record = DisplayRecord(sink: "shelf", location: location, sku: sku, wantedVersion: 9, wantedSince: time)
                if sku == "MUG" {
                    record.shownVersion = 8
                    record.shownAt = time
                    record.isStale = true
                }
                return record
            }
        }
        shop.pipeline.displays.setReader(of: "shelf") { records }
        try await shop.open { client in
            let page = try await client.get("/api/displays?limit=3")
            #expect(
                page["items"]?.elements.map { "\($0["location"]?.string ?? "")/\($0["sku"]?.string ?? "")" }
                    == ["MAIN/MUG", "MAIN/TEE", "STORE/MUG"])
            let cursor = try #require(page["nextCursor"]?.string)
            let rest = try await client.get("/api/displays?limit=3&cursor=\(cursor)")
            #expect(rest["items"]?.elements.count == 1 && rest["items"]?.elements.first?["shownVersion"] == .null)
            let stale = try await client.get("/api/displays?location=STORE&stale=true")
            #expect(stale["items"]?.elements.map { $0["shownVersion"] } == [8])
            #expect(try await client.get("/api/displays?stale=maybe", 400)["field"] == "stale")
        }
    }

    @Test("a full registry lets the device go that was silent for longest, never one that is configured")
    func limit() {
        let registry = DeviceRegistry(limit: 3)
        func see(_ name: String, _ second: Int64, configured: Bool = false) {
            registry.update(name, of: "s") {
                $0.lastSeen = Timestamp(milliseconds: second * 1000)
                $0.isConfigured = configured
            }
        }
        see("a", 1, configured: true)
        see("b", 3)
        see("c", 2)
        see("d", 4)
        #expect(registry.all.map(\.device) == ["a", "b", "d"])
        see("b", 9, configured: true)
        see("d", 9, configured: true)
        see("e", 10)
        #expect(registry.all.map(\.device) == ["a", "b", "d"])
    }
}
