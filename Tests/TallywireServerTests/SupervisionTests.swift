import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

@Suite("A server that systemd has started", .timeLimit(.minutes(3)))
struct SupervisionTests {
    private static let plugins = #"{"sinks":[{"plugin":"json-log","path":"events.jsonl"}]}"#

    @Test("it says that it is ready, that it reads its files again, and that it ends, each when it is so")
    func life() async throws {
        let receiver = try NotifyReceiver()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(environment: ["NOTIFY_SOCKET": receiver.name])
        try await eventually("it says that it is ready") { !receiver.notifications.isEmpty }
        #expect(receiver.notifications == ["READY=1\nSTATUS=serves \(server.url)"])
        #expect(try await server.call(.GET, "/health/ready").status == 200)
        server.signal(SIGHUP)
        try await eventually("it has read its files") { receiver.notifications.count == 3 }
        #expect(receiver.notifications[1].hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(receiver.notifications[2] == "READY=1")
        #expect(await server.terminate() == 0)
        #expect(Array(receiver.notifications.dropFirst(3)) == ["STOPPING=1"])
    }

    @Test("a reload of a file that is wrong ends for systemd too, and the server goes on")
    func refusedReload() async throws {
        let receiver = try NotifyReceiver()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(environment: ["NOTIFY_SOCKET": receiver.name])
        try "{".write(toFile: server.folder.file("plugins.json"), atomically: true, encoding: .utf8)
        server.signal(SIGHUP)
        try await eventually("the reload has ended") { receiver.notifications.last == "READY=1" }
        #expect(server.output.contains("plugins.json cannot be used as it is now"))
        #expect(try await server.call(.GET, "/health/ready").status == 200)
        #expect(await server.terminate() == 0)
    }

    @Test("it gives signs of life while the engine takes turns, and none while a disk holds the engine up")
    func watchdog() async throws {
        let disk = try await FailingFlush()
        let receiver = try NotifyReceiver()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(
            environment: disk.environment.merging(["NOTIFY_SOCKET": receiver.name, "WATCHDOG_USEC": "400000"]) { $1 })
        func signs() -> Int { receiver.notifications.count { $0 == "WATCHDOG=1" } }
        try await eventually("there are signs of life") { signs() >= 3 }
        try disk.hold()
        async let product = server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        try await eventually("there are no more, for five times as long as between two") {
            let before = signs()
            try await ContinuousClock().sleep(for: .seconds(1))
            return signs() == before
        }
        let before = signs()
        try disk.fail(0)
        #expect(try await product.status == 201)
        try await eventually("there are signs of life again") { signs() >= before + 3 }
        #expect(await server.terminate() == 0)
    }

    @Test("`tallywire health` is 0 while the server can do its work, and otherwise 1 with the reason")
    func health() async throws {
        let disk = try await FailingFlush()
        let server = try ServerProcess(plugins: Self.plugins)
        try await server.start(environment: disk.environment)
        let ready = try await server.run("health", "--server", server.url)
        #expect(ready.status == 0 && ready.output.hasPrefix("ready, at event 1 of epoch "), "\(ready.output)")
        try disk.fail(1_000)
        #expect(try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#).status == 504)
        let broken = try await server.run("health", "--server", server.url)
        #expect(broken.status == 1 && broken.output.contains("the journal cannot write"), "\(broken.output)")
        try disk.fail(0)
        #expect(await server.terminate() == 0)
        let gone = try await server.run("health", "--server", server.url)
        #expect(gone.status == 1 && gone.output.contains("does not answer"), "\(gone.output)")
    }

    @Test("variables that cannot be followed end it before it opens the journal, with the variable's name")
    func wrongVariables() async throws {
        for (variable, value) in [("NOTIFY_SOCKET", "nowhere"), ("WATCHDOG_USEC", "soon")] {
            let server = try ServerProcess(plugins: Self.plugins)
            let error = await #expect(throws: NeverHappened.self) { try await server.start(environment: [variable: value]) }
            #expect(error?.description.contains("error: \(variable) “\(value)”") == true, "\(error?.description ?? "")")
            #expect(!FileManager.default.fileExists(atPath: server.folder.file("data/tallywire.db")))
        }
    }
}
