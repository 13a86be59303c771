import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

/// Sites and a head office as their users run them: real programs, of which each is killed, cut off and set up anew.
@Suite("Several sites in one head office", .timeLimit(.minutes(5)))
struct SiteTests {
    @Test("stock and catalogue of two sites are in the head office, live, and across the end of each of the three")
    func twoSites() async throws {
        let (berlin, hamburg) = (try ServerProcess(plugins: SiteServers.site()), try ServerProcess(plugins: SiteServers.site()))
        let ports = (try BrokerPort.free(), try BrokerPort.free())
        try await berlin.start(on: ports.0)
        try await hamburg.start(on: ports.1)
        for site in [berlin, hamburg] {
            try await site.product(
                #"{"name":"Tee","price":19.99,"variants":[{"sku":"TEE-R","name":"Red"},{"sku":"TEE-B","name":"Blue","price":21.5}]}"#
            )
        }
        try await berlin.location(#"{"code":"STORE-7","name":"Shop","sells":false}"#)
        try await berlin.move("set", "TEE-R", 5)
        try await berlin.move("set", "TEE-R", 7, at: "STORE-7")
        try await hamburg.move("set", "TEE-R", 11)

        let office = try ServerProcess(
            plugins: SiteServers.office(
                SiteServers.source("berlin", ports.0, #", "catalogue": true"#), SiteServers.source("hamburg", ports.1)))
        try await office.start()
        try await office.waitForUnits(["TEE-R@berlin:MAIN": 5, "TEE-R@berlin:STORE-7": 7, "TEE-R@hamburg:MAIN": 11])
        var products: Products = try await office.get("/api/products")
        // What does not sell there does not sell here.
        #expect(products.items.map(\.totalProductStock) == [16])
        #expect(
            products.items[0].variants.map(\.sku) == ["TEE-R", "TEE-B"] && products.items[0].variants.map(\.price) == [19.99, 21.5])

        // Live.
        try await hamburg.move("add", "TEE-B", 3)
        try await berlin.move("subtract", "TEE-R", 1)
        try await berlin.product(#"{"name":"Mug","sku":"MUG","barcodes":["4006381333931"]}"#)
        try await berlin.move("add", "MUG", 2)
        try await office.waitForUnits([
            "TEE-R@berlin:MAIN": 4, "TEE-R@berlin:STORE-7": 7, "TEE-R@hamburg:MAIN": 11, "TEE-B@hamburg:MAIN": 3,
            "MUG@berlin:MAIN": 2,
        ])

        // Each of the three ends, and things go on meanwhile.
        await berlin.kill()
        try await hamburg.move("set", "TEE-B", 4)
        try await berlin.start(on: ports.0)
        try await berlin.move("set", "MUG", 6)
        await office.kill()
        try await berlin.move("set", "TEE-R", 8)
        try await hamburg.move("set", "TEE-R", 1)
        #expect(try await berlin.call(.PATCH, "/api/products/1", #"{"name":"T-shirt","price":25}"#).status == 200)
        #expect(try await berlin.call(.PATCH, "/api/products/1/status", #"{"status":"inactive"}"#).status == 200)
        try await office.start()
        #expect(await hamburg.terminate() == 0)
        try await hamburg.start(on: ports.1)
        try await hamburg.move("set", "TEE-B", 9)
        try await office.waitForUnits([
            "TEE-R@berlin:MAIN": 8, "TEE-R@berlin:STORE-7": 7, "TEE-R@hamburg:MAIN": 1, "TEE-B@hamburg:MAIN": 9,
            "MUG@berlin:MAIN": 6,
        ])
        products = try await office.get("/api/products")
        #expect(products.items.map(\.name) == ["T-shirt", "Mug"] && products.items[0].status == "inactive")
        #expect(products.items[0].variants.map(\.price) == [25, 21.5])
        for name in ["berlin", "hamburg"] {
            let source = try await office.source(name)
            #expect(source.state == "following" && source.lastError == nil && source.rejected == 0, "\(source)")
        }
        #expect(await office.terminate() == 0)
        let audit = try await office.run("audit", "--data", "data")
        #expect(audit.status == 0, "\(audit.output)")
    }

    private struct Products: Decodable {
        struct Product: Decodable {
            struct Variant: Decodable { let sku: String, price: Double? }
            let name: String, status: String, totalProductStock: Int64, variants: [Variant]
        }
        let items: [Product]
    }

    @Test("SKUs that are renamed and removed by the owner are so in the head office, unless another site has stock of them")
    func catalogue() async throws {
        let (berlin, hamburg) = (try ServerProcess(plugins: SiteServers.site()), try ServerProcess(plugins: SiteServers.site()))
        let ports = (try BrokerPort.free(), try BrokerPort.free())
        try await berlin.start(on: ports.0)
        try await hamburg.start(on: ports.1)
        for sku in ["A", "B", "C"] { try await berlin.product(#"{"name":"\#(sku)","sku":"\#(sku)"}"#) }
        try await hamburg.product(#"{"name":"C","sku":"C"}"#)
        try await hamburg.move("set", "C", 4)
        try await berlin.move("set", "A", 3)
        let office = try ServerProcess(
            plugins: SiteServers.office(
                SiteServers.source("berlin", ports.0, #", "catalogue": true"#), SiteServers.source("hamburg", ports.1)))
        try await office.start()
        try await office.waitForUnits(["A@berlin:MAIN": 3, "C@hamburg:MAIN": 4])
        #expect(try await berlin.call(.PATCH, "/api/variants/1", #"{"sku":"A2"}"#).status == 200)
        #expect(try await berlin.call(.DELETE, "/api/products/2").status == 200)
        #expect(try await berlin.call(.DELETE, "/api/products/3").status == 200)
        try await office.waitForUnits(["A2@berlin:MAIN": 3, "C@hamburg:MAIN": 4])
        try await eventually("what cannot be removed is named") {
            try await office.source("berlin").lastError?.hasPrefix("not here: the removal of 1 SKU: C (") == true
        }
        #expect(try await skus(office) == ["A2", "C"])
        // After a restart everything is compared, since something was missing.
        try await hamburg.move("set", "C", 0)
        await office.kill()
        try await office.start()
        try await eventually("it is removed") { try await skus(office) == ["A2"] }
        try await office.waitForUnits(["A2@berlin:MAIN": 3])
    }

    private func skus(_ server: ServerProcess) async throws -> [String] {
        struct Page: Decodable {
            struct Variant: Decodable { let sku: String }
            let items: [Variant]
        }
        return try await server.get("/api/variants", as: Page.self).items.map(\.sku).sorted()
    }

    @Test("cut connections lose nothing and turn nothing back, while movements go on")
    func cuts() async throws {
        let berlin = try ServerProcess(plugins: SiteServers.site())
        try await berlin.start()
        try await berlin.product(#"{"name":"A","sku":"A"}"#)
        let proxy = try await FaultyProxy.start(to: try #require(URL(string: berlin.url)?.port))
        let office = try ServerProcess(
            plugins: SiteServers.office(SiteServers.source("berlin", proxy.port, #", "catalogue": true"#)))
        try await office.start()
        for value in 1...300 as ClosedRange<Int64> {
            try await berlin.move("set", "A", value)
            if value % 30 == 0 { proxy.cut() }
            if value == 100 { await office.kill() }
            if value == 200 { try await office.start() }
        }
        try await office.waitForUnits(["A@berlin:MAIN": 300])
        let history = try await office.history("A", "berlin:MAIN")
        #expect(history == history.sorted() && Set(history).count == history.count, "\(history)")
        #expect(history == Array(history[0]...300), "every movement after the first snapshot is here, once")
        try await proxy.close()
    }

    @Test("a site that is set up anew is read anew, and what it does not have any more is 0")
    func anotherJournal() async throws {
        let berlin = try ServerProcess(plugins: SiteServers.site())
        let port = try BrokerPort.free()
        try await berlin.start(on: port)
        for sku in ["A", "B"] { try await berlin.product(#"{"name":"\#(sku)","sku":"\#(sku)"}"#) }
        try await berlin.move("set", "A", 3)
        try await berlin.move("set", "B", 4)
        let office = try ServerProcess(plugins: SiteServers.office(SiteServers.source("berlin", port)))
        try await office.start()
        for sku in ["A", "B"] { try await office.product(#"{"name":"\#(sku)","sku":"\#(sku)"}"#) }
        try await office.waitForUnits(["A@berlin:MAIN": 3, "B@berlin:MAIN": 4])
        await berlin.kill()
        try FileManager.default.removeItem(atPath: berlin.folder.file("data"))
        try await berlin.start(on: port)
        try await berlin.product(#"{"name":"B","sku":"B"}"#)
        try await berlin.move("set", "B", 1)
        try await office.waitForUnits(["B@berlin:MAIN": 1])
    }

    @Test("a SKU that the head office does not know is named, and gets its stock once it is known")
    func unknownSKU() async throws {
        let berlin = try ServerProcess(plugins: SiteServers.site())
        try await berlin.start()
        try await berlin.product(#"{"name":"A","sku":"A"}"#)
        let port = try #require(URL(string: berlin.url)?.port)
        let office = try ServerProcess(plugins: SiteServers.office(SiteServers.source("berlin", port)))
        try await office.start()
        try await eventually("it follows") { try await office.source("berlin").state == "following" }
        try await berlin.move("set", "A", 3)
        try await berlin.move("set", "A", 4)
        try await eventually("it is named") {
            try await office.source("berlin").lastError == "not here: the stock of 1 SKU: A (no variant has the SKU “A”)"
        }
        #expect(try await office.units() == [:])
        try await office.product(#"{"name":"A","sku":"A"}"#)
        try await office.waitForUnits(["A@berlin:MAIN": 4])
        try await eventually("nothing is missing") { try await office.source("berlin").lastError == nil }
        try await berlin.move("set", "A", 5)
        try await office.waitForUnits(["A@berlin:MAIN": 5])
    }

    @Test("a site with TLS is followed if its certificate is trusted, and otherwise that is told")
    func tls() async throws {
        let berlin = try ServerProcess(
            plugins: SiteServers.site(#""http": { "tls": { "certificate": "server.pem", "key": "server.key" } },"#))
        let certificate = try TestCertificate()
        try certificate.write(into: URL(fileURLWithPath: berlin.folder.path))
        try await berlin.start()
        let port = try #require(URL(string: berlin.url)?.port)
        for (more, isTrusted) in [("", false), (#", "tls": { "ca": "\#(berlin.folder.file("server.pem"))" }"#, true)] {
            let source = #"{ "plugin": "tallywire-site", "name": "berlin", "url": "https://localhost:\#(port)"\#(more) }"#
            let office = try ServerProcess(plugins: SiteServers.office(source))
            try await office.start()
            try await eventually("it is known whether the site is trusted") {
                let source = try await office.source("berlin")
                return isTrusted
                    ? source.state == "following" : source.lastError?.hasPrefix("TLS with https://localhost:\(port) failed") == true
            }
            #expect(await office.terminate() == 0)
        }
    }

    @Test("a token that the site does not take is told, by the source and by check --connect, and the right one is taken")
    func token() async throws {
        let auth = #""auth": { "mode": "jwt", "secret": "0123456789abcdef0123456789abcdef" },"#
        let berlin = try ServerProcess(plugins: SiteServers.site(auth))
        try await berlin.start()
        let port = try #require(URL(string: berlin.url)?.port)
        let (status, output) = try await berlin.run("token", "--role", "admin")
        try #require(status == 0, "\(output)")
        let right = try #require(output.split(whereSeparator: \.isWhitespace).last { $0.split(separator: ".").count == 3 })
        for (token, message) in [
            ("", "asks for a token: give a “token” of the site with the role admin"),
            (#", "token": "wrong""#, "does not take the “token”: it has expired, was revoked or is of another server"),
        ] {
            let office = try ServerProcess(plugins: SiteServers.office(SiteServers.source("berlin", port, token)))
            try await office.start()
            try await eventually("it is told") { try await office.source("berlin").lastError?.contains(message) == true }
            #expect(await office.terminate() == 0)
            let check = try await office.run("check", "--connect")
            #expect(check.status != 0 && check.output.contains(message), "\(check.output)")
        }
        let office = try ServerProcess(plugins: SiteServers.office(SiteServers.source("berlin", port, #", "token": "\#(right)""#)))
        try await office.start()
        try await eventually("it follows") { try await office.source("berlin").state == "following" }
        #expect(!office.output.contains(right))
        #expect(await office.terminate() == 0)
        let check = try await office.run("check", "--connect")
        #expect(check.status == 0, "\(check.output)")
    }
}
