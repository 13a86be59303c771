import Foundation
import NIOHTTP1
import PipelineHost
import TallywireConfiguration
import TallywireHTTP
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireServer

@Suite("Room on the journal's disk")
struct DiskWatchTests {
    @Test("is judged by limits, and a verdict stays until there is a quarter more")
    func verdicts() {
        let limits = JournalSettings.Disk(warn: .mebibytes(1_000), stop: .mebibytes(200))
        func verdicts(_ free: [Int], of total: Int = 20_000) -> [DiskVerdict] {
            var verdict = DiskVerdict.fine
            return free.map {
                verdict = DiskVerdict(DiskRoom(free: $0 << 20, total: total << 20), after: verdict, limits)
                return verdict
            }
        }
        #expect(verdicts([1_001, 1_000, 999, 1_100, 1_249, 1_250]) == [.fine, .fine, .low, .low, .low, .fine])
        #expect(verdicts([199, 200, 249, 250, 1_249, 1_250]) == [.full, .full, .full, .low, .low, .fine])
        #expect(verdicts([0, 5_000]) == [.full, .fine])
        // Of a small disk.
        #expect(verdicts([30, 24, 0], of: 100) == [.fine, .full, .full])
        let off = JournalSettings.Disk(warn: .mebibytes(0), stop: .mebibytes(0))
        #expect(DiskVerdict(DiskRoom(free: 0, total: 1 << 30), after: .fine, off) == .fine)
    }

    /// A file system of so many MiB, with the server's folder on it, for as long as `body` runs.
    private func onDisk(of size: Int, _ body: (ServerProcess, String) async throws -> Void) async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        let data = server.folder.file("data")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try #require(mount("tmpfs", data, "tmpfs", 0, "size=\(size)m") == 0, "\(String(cString: strerror(errno)))")
        defer { umount2(data, 2) }
        try await body(server, data)
    }

    @Test(
        "movements are refused before the disk is full, and taken again when there is room, without a restart",
        .enabled(if: geteuid() == 0, "mounting a small disk needs root"))
    func full() async throws {
        try await onDisk(of: 64) { server, data in
            try await server.start(["--set", "journal.disk.warn=40MiB", "--set", "journal.disk.stop=20MiB"])
            _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
            let add = #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#
            #expect(try await server.call(.POST, "/api/movements", add).status == 200)
            let ballast = data + "/ballast"
            #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 48 << 20)))
            try await eventually("movements are refused") { try await server.call(.POST, "/api/movements", add).status == 503 }
            let (status, body) = try await server.call(.POST, "/api/movements", add)
            let text = String(decoding: body, as: UTF8.self)
            #expect(status == 503 && text.contains("\"unavailable\"") && text.contains("somebody has to make room"), "\(text)")
            #expect(try await server.call(.GET, "/health/ready").status == 503)
            #expect(try await server.call(.GET, "/api/stock").status == 200)
            let (_, metrics) = try await server.call(.GET, "/metrics")
            #expect(String(decoding: metrics, as: UTF8.self).contains("\ntallywire_disk_free_bytes "))
            try FileManager.default.removeItem(atPath: ballast)
            try await eventually("movements are taken again") { try await server.call(.POST, "/api/movements", add).status == 200 }
            #expect(try await server.call(.GET, "/health/ready").status == 200)
            #expect(await server.terminate() == 0)
            #expect(server.output.contains("movements are refused") && server.output.contains("has room again"))
            #expect(try await server.run("audit").status == 0)
        }
    }

    @Test("a limit at which movements stop above the one for the warning is refused")
    func limits() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        let result = try await server.run("check", "--set", "journal.disk.stop=2GiB")
        #expect(result.status == 78 && result.output.contains("warn is the larger one"), "\(result.output)")
    }
}
