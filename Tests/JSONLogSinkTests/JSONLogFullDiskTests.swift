import Foundation
import TallywireConfiguration
import TallywirePipeline
import Testing

@testable import JSONLogSink

/// On a real file system of 64 KiB, where the machine lets a test mount one.
@Suite(.enabled(if: SmallDisk.isPossible)) struct JSONLogFullDiskTests {
    @Test(
        "a full disk refuses with its reason, and the log goes on where it stopped when there is room", arguments: [1 << 20, 8_000])
    func fullDisk(rotation: Int) async throws {
        let disk = try SmallDisk()
        defer { disk.unmount() }
        let path = disk.path + "/events.jsonl"
        let ballast = disk.path + "/ballast"
        try Data(count: 32 << 10).write(to: URL(filePath: ballast))
        let sink = JSONLogSink(JSONLogOptions(path: path, rotate: .init(size: .init(bytes: rotation), keep: 100), fsync: .batch))
        try await sink.start(LogFolder.context())
        var next: UInt64 = 1
        var failure: (any Error)?
        while failure == nil, next < 2_000 {
            do {
                _ = try await sink.deliver(LogFolder.batch(next..<(next + 50)))
                next += 50
            } catch SinkError.delivered(through: let seq, because: let reason) {
                next = seq + 1
                failure = SinkError.unavailable(reason)
            } catch {
                failure = error
            }
        }
        #expect("\(try #require(failure))".contains("the disk is full"))
        #expect(Self.seqs(in: disk.path) == Array(1..<next), "whole lines only while the disk is full")
        #expect(await sink.offer(next..<(next + 50)) != nil)
        try FileManager.default.removeItem(atPath: ballast)
        while await sink.offer(next..<(next + 50)) == nil, next < 300 { next += 50 }
        #expect(await sink.offer(next...next) == nil)
        await sink.stop()
        #expect(Self.seqs(in: disk.path).starts(with: Array(1...next)))
    }

    /// The numbers in all files, the oldest first; a torn line gives 0.
    private static func seqs(in folder: String) -> [UInt64] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { name -> (Int, String)? in
            if name == "events.jsonl" { return (0, name) }
            return name.hasPrefix("events.jsonl.") ? Int(name.dropFirst(13)).map { ($0, name) } : nil
        }
        struct Line: Decodable { let seq: UInt64 }
        return names.sorted { $0.0 > $1.0 }.flatMap { _, name in
            let text = (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? "?"
            return text.split(separator: "\n").map { (try? JSONDecoder().decode(Line.self, from: Data($0.utf8)))?.seq ?? 0 }
        }
    }
}

/// A file system in memory, mounted for one test.
private struct SmallDisk {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tallywire-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Foundation.mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0 else {
            try? FileManager.default.removeItem(atPath: path)
            throw POSIXError(.EPERM)
        }
    }

    func unmount() {
        umount2(path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: path)
    }

    static let isPossible: Bool = {
        guard let disk = try? SmallDisk() else { return false }
        disk.unmount()
        return true
    }()
}
