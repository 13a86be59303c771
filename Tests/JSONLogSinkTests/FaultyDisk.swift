import Foundation
import Synchronization

@testable import JSONLogSink

/// File operations that fail where a test says so. What they write is really written, but flushing does nothing.
final class FaultyDisk: Sendable {
    struct Plan {
        /// After so many operations that change something, all fail: the process is dead, and what it did stays.
        var operationsLeft = Int.max
        /// After so many bytes the disk is full; `nil` has room.
        var room: Int?
        var flushFails = false
        var truncateFails = false
        var flushes = 0
        var written = 0
    }

    private let plan = Mutex(Plan())

    var flushes: Int { plan.withLock { $0.flushes } }
    /// Bytes, also those that were taken back.
    var written: Int { plan.withLock { $0.written } }
    var operationsLeft: Int { plan.withLock { $0.operationsLeft } }

    func change(_ body: (inout Plan) -> Void) { plan.withLock { body(&$0) } }

    var operations: FileOperations {
        let system = FileOperations.system
        return FileOperations(
            write: { descriptor, bytes in
                guard self.mayGoOn() else { return -1 }
                let room = self.plan.withLock { plan -> Int in
                    let room = min(plan.room ?? bytes.count, bytes.count)
                    plan.written += room
                    if plan.room != nil { plan.room = (plan.room ?? 0) - room }
                    return room
                }
                if room == 0, bytes.count > 0 { return self.fail(ENOSPC) }
                return system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<room]))
            },
            flush: { descriptor in
                guard self.mayGoOn() else { return -1 }
                let fails = self.plan.withLock { plan in
                    plan.flushes += 1
                    return plan.flushFails
                }
                // A process that dies takes nothing with it that it wrote, so there is no need to wait for a real disk.
                return fails ? Int32(self.fail(EIO)) : 0
            },
            flushNames: { _ in self.mayGoOn() ? 0 : -1 },
            truncate: { descriptor, size in
                guard self.mayGoOn() else { return -1 }
                return self.plan.withLock { $0.truncateFails } ? Int32(self.fail(EIO)) : system.truncate(descriptor, size)
            },
            rename: { old, new in self.mayGoOn() ? system.rename(old, new) : -1 },
            remove: { path in self.mayGoOn() ? system.remove(path) : -1 })
    }

    private func fail(_ code: Int32) -> Int {
        errno = code
        return -1
    }

    private func mayGoOn() -> Bool {
        let mayGoOn = plan.withLock { plan in
            guard plan.operationsLeft > 0 else { return false }
            plan.operationsLeft -= 1
            return true
        }
        if !mayGoOn { errno = EIO }
        return mayGoOn
    }
}
