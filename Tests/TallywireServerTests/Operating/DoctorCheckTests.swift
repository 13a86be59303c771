import Foundation
import TallywireCore
import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("What the checks of doctor find")
struct DoctorCheckTests {
    private static let now = Timestamp(milliseconds: 1_764_547_200_000)

    @Test("a folder that cannot be written is wrong, and little space or few inodes are told by how little")
    func folder() {
        let gib = UInt64(1) << 30
        func levels(_ change: (inout FolderCheck) -> Void) -> [String] {
            var check = FolderCheck(path: "data")
            check.space = .init(free: 50 * gib, total: 100 * gib, freeInodes: 1_000_000, inodes: 2_000_000)
            change(&check)
            return check.findings.map { "\($0.check) \($0.level.rawValue)" }
        }
        #expect(levels { _ in } == ["folder ok", "disk ok", "inodes ok"])
        #expect(levels { $0.problem = "no" } == ["folder wrong"])
        #expect(levels { $0.foreign = ["tallywire.db"] }.first == "folder warning")
        #expect(levels { $0.space?.free = gib - 1 }[1] == "disk warning")
        #expect(levels { $0.space?.free = 5 * gib - 1 }[1] == "disk warning")
        #expect(levels { $0.space?.free = 5 * gib }[1] == "disk ok")
        #expect(levels { $0.space?.free = (64 << 20) - 1 }[1] == "disk wrong")
        #expect(levels { $0.growth = Double(4 * gib) }[1] == "disk warning")
        #expect(levels { $0.growth = Double(3 * gib) }[1] == "disk ok")
        #expect(levels { $0.growth = 0 }[1] == "disk ok")
        #expect(levels { $0.space?.freeInodes = 99 }[2] == "inodes wrong")
        #expect(levels { $0.space?.freeInodes = 9_999 }[2] == "inodes warning")
        #expect(levels { $0.space = .init(free: 50 * gib, total: 60 * gib, freeInodes: 0, inodes: 0) }[2] == "inodes ok")
        #expect(levels { $0.space = nil } == ["folder ok"])
        let text = FolderCheck(
            path: "d", space: .init(free: 10 * gib, total: 20 * gib, freeInodes: 1, inodes: 0), growth: Double(gib / 2)
        ).findings[1].text
        #expect(text == "10.0 GiB of 20.0 GiB are free, enough for 20 days as the journal grows now")
    }

    static let mounts = """
        /dev/sda1 / ext4 rw 0 0
        tmpfs /tmp tmpfs rw 0 0
        host:/a /var/lib/tally\\040wire nfs4 rw 0 0
        /dev/sdb1 /var/lib/tally\\040wire/data xfs rw 0 0
        overlay /c overlay rw 0 0
        """

    @Test(
        "the file system is that of the nearest mount",
        arguments: [
            ("/srv/data", "ok", "ext4"), ("/tmp/x", "warning", "in memory"), ("/tmpx", "ok", "ext4"),
            ("/var/lib/tally wire", "wrong", "nfs4"), ("/var/lib/tally wire/data", "ok", "xfs"),
            ("/var/lib/tally wire/data2", "wrong", "nfs4"), ("/c/data", "warning", "container"), ("/", "ok", "ext4"),
        ])
    func fileSystem(folder: String, level: String, words: String) {
        let finding = FileSystemCheck(folder: folder, mounts: Self.mounts).finding
        #expect(finding.level.rawValue == level && finding.text.contains(words), "\(finding)")
        #expect(FileSystemCheck(folder: folder, mounts: "").finding.level == .warning)
    }

    @Test("a clock that runs free, differs from the server’s, or is behind the newest event is told")
    func clock() {
        func levels(_ isSynchronised: Bool?, server: Int64? = nil, event: Int64? = nil) -> [Finding.Level] {
            ClockCheck(
                isSynchronised: isSynchronised, now: Self.now,
                server: server.map { Timestamp(milliseconds: Self.now.milliseconds + $0) },
                newestEvent: event.map { Timestamp(milliseconds: Self.now.milliseconds + $0) }
            ).findings.map(\.level)
        }
        #expect(levels(true) == [.ok] && levels(false) == [.warning] && levels(nil) == [.warning])
        #expect(levels(true, server: 3_000) == [.ok, .ok] && levels(true, server: -3_001) == [.ok, .warning])
        #expect(levels(true, event: 3_000) == [.ok] && levels(true, event: 3_001) == [.ok, .wrong])
        #expect(levels(true, event: -9_999_999) == [.ok])
    }

    @Test("descriptors have to be enough for the connections, of the server more strictly than of a shell")
    func descriptors() {
        func level(_ limit: UInt64, isServers: Bool = true, used: UInt64? = nil) -> Finding.Level {
            DescriptorCheck(limit: limit, isServers: isServers, connections: 20_000, used: used).finding.level
        }
        #expect(level(32_768) == .ok && level(20_512) == .ok && level(20_511) == .warning)
        #expect(level(20_000) == .warning && level(19_999) == .wrong && level(1_024, isServers: false) == .warning)
        #expect(level(32_768, used: 29_000) == .ok && level(32_768, used: 30_000) == .warning && level(.max) == .ok)
        let limits =
            "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n"
        #expect(RunningServer.descriptorLimit(in: limits) == 1_024)
        #expect(RunningServer.descriptorLimit(in: "Max open files  unlimited unlimited files") == .max)
        #expect(RunningServer.descriptorLimit(in: "") == nil)
    }

    @Test("the process that has a journal is the one that the kernel knows to have locked it")
    func running() {
        let locks = """
            1: POSIX  ADVISORY  READ 41 08:01:77 1073741826 1073742335
            2: FLOCK  ADVISORY  WRITE 41 08:01:77 0 EOF
            3: FLOCK  ADVISORY  WRITE 42 08:01:78 0 EOF
            """
        #expect(RunningServer(named: "41\n", inode: 77, locks: locks)?.pid == 41)
        #expect(RunningServer(named: "42\n", inode: 77, locks: locks) == nil)
        #expect(RunningServer(named: "41\n", inode: 7, locks: locks) == nil)
        #expect(RunningServer(named: "", inode: 77, locks: locks) == nil)
    }

    @Test("the limit of memory is the lowest of the control groups")
    func memory() {
        let files = [
            "memory.max": "max\n", "a/memory.max": "536870912\n", "a/memory.current": "100\n", "a/b/memory.max": "max\n",
            "a/b/memory.current": "9\n",
        ]
        let group = ControlGroup(process: "1:name=x:/\n0::/a/b\n") { files[$0] }
        #expect(group.limit == 512 << 20 && group.used == 100)
        #expect(ControlGroup(process: "0::/\n") { files[$0] }.limit == nil)
        #expect(ControlGroup(process: "") { files[$0] }.limit == nil)
        func level(_ limit: UInt64?, used: UInt64? = nil) -> Finding.Level {
            MemoryCheck(limit: limit, used: used, ring: 64 << 20, isServers: true).finding.level
        }
        #expect(level(nil) == .ok && level(320 << 20) == .ok && level((320 << 20) - 1) == .warning)
        #expect(level(1000 << 20, used: 901 << 20) == .warning && level(1000 << 20, used: 900 << 20) == .ok)
    }

    @Test("a port that the server of this configuration has is right, and one of anybody else is wrong")
    func port() {
        func level(_ problem: String?, _ occupant: PortCheck.Occupant?) -> Finding.Level {
            PortCheck(address: "h:1", problem: problem, occupant: occupant).finding.level
        }
        #expect(level(nil, nil) == .ok && level("in use", .ours) == .ok)
        #expect(level("in use", .another) == .wrong && level("in use", .stranger) == .wrong && level("no", nil) == .wrong)
    }

    @Test("a backup is warned of when there is none, after 26 hours, and if it bears a time of the future")
    func backup() {
        func level(_ hours: Double?, hasJournal: Bool = true) -> Finding.Level {
            BackupCheck(
                data: "data", hasJournal: hasJournal, last: hours.map { Self.now.milliseconds - Int64($0 * 3_600_000) },
                now: Self.now
            ).finding.level
        }
        #expect(level(nil) == .warning && level(nil, hasJournal: false) == .ok)
        #expect(level(25.9) == .ok && level(26) == .warning && level(0) == .ok && level(-3) == .warning)
        let advice = BackupCheck(data: "data", hasJournal: true, last: nil, now: Self.now).finding.advice
        #expect(advice?.contains("tallywire backup --data data --to ") == true)
    }

    @Test("a certificate is warned of in its last week, and is wrong when it has expired")
    func certificate() {
        func level(_ days: Double) -> Finding.Level {
            CertificateCheck(
                file: "server.pem", expiresAt: Timestamp(milliseconds: Self.now.milliseconds + Int64(days * 86_400_000)),
                now: Self.now
            ).finding.level
        }
        #expect(level(7) == .ok && level(6.9) == .warning && level(0.001) == .warning && level(0) == .wrong && level(-1) == .wrong)
    }

    @Test("of a server its silence, its reasons, failing entries, lag and dropped events are told")
    func server() {
        func levels(
            _ answer: ServerCheck.Answer, isExpected: Bool = false, _ change: (inout PipelineReport) -> Void = { _ in }
        ) -> [String] {
            var report = TopTests.reading().pipeline
            report.sources[0].state = "connected"
            report.sinks[1] = report.sinks[0]
            change(&report)
            return ServerCheck(url: "u", answer: answer, isExpected: isExpected, pipeline: .success(report)).findings
                .filter { $0.level != .ok }.map { "\($0.check) \($0.level.rawValue)" }
        }
        let ready = ServerCheck.Answer.ready(version: "1", seq: 1, warnings: [])
        #expect(levels(ready) == [])
        #expect(levels(.ready(version: "1", seq: 1, warnings: ["old certificate"])) == ["server warning"])
        #expect(levels(.silent("no")) == ["server warning"] && levels(.silent("no"), isExpected: true) == ["server wrong"])
        #expect(levels(.notReady("disk")) == ["server wrong"])
        #expect(levels(ready) { $0.engine.lastError = "full" } == ["engine wrong"])
        #expect(levels(ready) { $0.engine.inbox = 40_000 } == ["engine warning"])
        #expect(levels(ready) { $0.sources[0].state = "reconnecting" } == ["source scanners wrong"])
        #expect(levels(ready) { $0.sinks[0].state = "retrying" } == ["sink log wrong"])
        #expect(levels(ready) { $0.sinks[0].state = "disabled" } == ["sink log wrong"])
        #expect(levels(ready) { $0.sinks[0].lagSeconds = 60.1 } == ["sink log warning"])
        #expect(levels(ready) { $0.sinks[0].dropped = 1 } == ["sink log warning"])
        let refused = ServerCheck(
            url: "u", answer: ready, isExpected: true, pipeline: .failure(.init(reason: "no token"))
        ).findings
        #expect(refused.last?.level == .warning && refused.last?.advice?.contains("token") == true)
    }

    @Test("what is wrong or doubtful has a sentence what to do, and the sum is at the end")
    func report() {
        let report = DoctorReport([
            .ok("disk", "much"), .warning("clock", "free\u{1B}[2J", "start it"), .wrong("port", "taken", "free it"),
        ])
        #expect(
            report.text == """
                ok       disk   much
                warning  clock  free�[2J
                                → start it
                wrong    port   taken
                                → free it
                1 wrong, 1 warning.
                """)
        #expect(DoctorReport([.ok("a", "b")]).text.hasSuffix("\nNothing is wrong here."))
    }
}
