import Foundation
import TallywireTesting
import TestSupport

/// A library that is loaded before the C library and lets flushes of SQLite's log fail, as many as it is told, or
/// holds them up.
struct FailingFlush {
    private let folder: TemporaryFolder
    private let library: String
    private let counter: String

    /// Builds it with the C compiler of the Swift toolchain.
    init() async throws {
        folder = try TemporaryFolder()
        library = folder.file("failing-flush.so")
        counter = folder.file("failures")
        let source = folder.file("failing-flush.c")
        try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["clang", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NeverHappened(description: "clang cannot build \(source)") }
        try fail(0)
    }

    var environment: [String: String] { ["LD_PRELOAD": library, "FLUSH_FAILURES": counter] }

    /// Lets the next `count` flushes fail, of a server that runs too.
    func fail(_ count: Int64) throws {
        if !FileManager.default.fileExists(atPath: counter) { try Data(count: 8).write(to: URL(fileURLWithPath: counter)) }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: counter))
        defer { try? file.close() }
        try withUnsafeBytes(of: count) { try file.write(contentsOf: Data($0)) }
    }

    /// Holds up all flushes from now on, as a disk that does not respond does, until ``fail(_:)`` is called.
    func hold() throws { try fail(-1) }

    private static let source = """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        static _Atomic int64_t *left;
        __attribute__((constructor)) static void open_counter(void) {
            const char *path = getenv("FLUSH_FAILURES");
            int file = path ? open(path, O_RDWR) : -1;
            if (file < 0) return;
            void *at = mmap(0, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (at != MAP_FAILED) left = at;
            close(file);
        }
        static int fails(int file) {
            char link[64], path[4096];
            if (!left || *left == 0) return 0;
            snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            ssize_t length = readlink(link, path, sizeof path - 1);
            if (length < 4 || memcmp(path + length - 4, "-wal", 4) != 0) return 0;
            while (*left < 0) usleep(1000);
            if (*left == 0) return 0;
            --*left;
            errno = EIO;
            return 1;
        }
        int fdatasync(int file) { return fails(file) ? -1 : (int)syscall(SYS_fdatasync, file); }
        int fsync(int file) { return fails(file) ? -1 : (int)syscall(SYS_fsync, file); }
        """
}
