import Foundation
import Synchronization
import TallywireCore

/// What the process is handling right now, in a file that survives the process: after a crash the file says what led to it.
///
/// A message that ends the server is delivered again at the next start, and would end the server again. So the code that handles
/// messages notes each one before it begins, and takes the note back afterwards. A crash counts against the messages that are noted
/// at that moment. A message that was noted at ``limit`` crashes in a row is *poison*: it is set aside instead of being handled
/// again.
///
/// Only a crash counts, that is a signal by which the processor or the runtime ends the process. Whoever kills the process from
/// outside does so at any moment. The file is a mapped page, so a note costs one store. The note is not flushed, since the kernel
/// keeps the page when the process crashes.
///
/// Safe from any thread: each thread that handles something has a slot of its own.
public final class HandlingNote: Sendable {
    /// How many crashes in a row make a message poison.
    public static let limit: UInt64 = 2

    /// Where one thread, or task, notes what it handles.
    public struct Slot: Sendable {
        fileprivate let page: MappedPage
        fileprivate let index: Int

        /// Runs `body`, which handles the message with this mark.
        public func handling<Value>(_ mark: UInt64, _ body: () throws -> Value) rethrows -> Value {
            begin(mark)
            defer { end() }
            return try body()
        }

        /// Notes that the message with this mark is handled from now on.
        public func begin(_ mark: UInt64) {
            SignalStack.provide()
            page.slots[index] = mark
        }

        /// Notes that no message is handled any more.
        public func end() { page.slots[index] = 0 }
    }

    private static let magic = Array("tallywire notes1".utf8)

    private let page: MappedPage
    private let used = Mutex(0)
    /// The marks of messages that are not to be handled again.
    public let poison: Set<UInt64>

    /// Opens the notes at `path`, and creates them if there are none. Throws ``JournalError`` if the file cannot be used.
    public init(path: String) throws {
        page = try MappedPage(path: path, length: 4096, purpose: "which tells after a crash what led to it")
        if !page.begins(with: Self.magic) {
            page.clear()
            page.store(Self.magic)
        }
        poison = Self.countCrash(in: page)
    }

    /// Counts a crash of the last run against the marks that were noted then, and returns the marks that are poison.
    private static func countCrash(in page: MappedPage) -> Set<UInt64> {
        var counts: [UInt64: UInt64] = [:]
        for index in 0..<MappedPage.tableCount where page.table[2 * index] != 0 {
            counts[page.table[2 * index]] = page.table[2 * index + 1]
        }
        if page.hasCrashed.pointee != 0 {
            let noted = Set((0..<MappedPage.slotCount).map { page.slots[$0] }.filter { $0 != 0 })
            // A mark that was not noted at this crash did not cause it, so its count ends. A mark that is poison stays poison.
            counts = counts.filter { noted.contains($0.key) || $0.value >= limit }
            for mark in noted { counts[mark, default: 0] += 1 }
        }
        page.hasCrashed.pointee = 0
        for index in 0..<MappedPage.slotCount { page.slots[index] = 0 }
        let kept = counts.sorted { $0.value > $1.value }.prefix(MappedPage.tableCount)
        for index in 0..<MappedPage.tableCount {
            let entry = index < kept.count ? kept[index] : (key: 0, value: 0)
            page.table[2 * index] = entry.key
            page.table[2 * index + 1] = entry.value
        }
        return Set(counts.filter { $0.value >= limit }.keys)
    }

    /// Returns a slot for one more thread or task. When all are taken, further callers share the last one.
    public func slot() -> Slot {
        let index = used.withLock { used in
            defer { used = min(used + 1, MappedPage.slotCount - 1) }
            return used
        }
        return Slot(page: page, index: index)
    }

    /// From now on a crash of this process is noted in this file. For the process that serves. The last call counts.
    public func watchCrashes() { CrashSignals.watch(page.hasCrashed, keeping: page) }

    /// Returns a mark for these bytes: never 0, and the same in every run. It tells honest messages apart and does not protect
    /// against forgery.
    public static func mark(_ parts: some Sequence<UnsafeRawBufferPointer>) -> UInt64 {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ word: UInt64) {
            value = (value ^ word) &* 0x9E37_79B9_7F4A_7C15
            value ^= value >> 29
        }
        for part in parts {
            mix(UInt64(part.count))
            var offset = 0
            while offset + 8 <= part.count {
                mix(part.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < part.count {
                rest = rest << 8 | UInt64(part[offset])
                offset += 1
            }
            mix(rest)
        }
        return value == 0 ? 1 : value
    }

    /// Returns a mark for a text.
    public static func mark(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { mark(CollectionOfOne(UnsafeRawBufferPointer($0))) }
    }
}

/// The layout: 16 bytes of magic, a byte that says whether the process crashed, the slots, and a table of marks and counts. Each
/// slot is stored to by one thread. The table is written before any thread uses a slot.
extension MappedPage {
    fileprivate static let slotCount = 32
    fileprivate static let tableCount = 64

    fileprivate var hasCrashed: UnsafeMutablePointer<UInt8> { (address + 16).assumingMemoryBound(to: UInt8.self) }
    fileprivate var slots: UnsafeMutablePointer<UInt64> { (address + 64).assumingMemoryBound(to: UInt64.self) }
    fileprivate var table: UnsafeMutablePointer<UInt64> { (address + 64 + Self.slotCount * 8).assumingMemoryBound(to: UInt64.self) }
}

/// Notes that the process ends by a signal that it caused itself, and lets the process end.
private enum CrashSignals {
    private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT]
    /// Where the handler notes that it ran, and how each signal was handled before, by the signal's number. The handler may do
    /// hardly anything else. Both are set before the handler is installed, and are never freed.
    nonisolated(unsafe) private static var flag: UnsafeMutablePointer<UInt8>?
    nonisolated(unsafe) private static let before = UnsafeMutablePointer<sigaction>.allocate(capacity: 64)
    private static let owner = Mutex<MappedPage?>(nil)

    static func watch(_ flag: UnsafeMutablePointer<UInt8>, keeping page: MappedPage) {
        owner.withLock { owner in
            let isFirst = owner == nil
            owner = page
            self.flag = flag
            guard isFirst else { return }
            for signal in signals {
                var action = sigaction()
                action.sa_flags = SA_NODEFER | SA_ONSTACK
                action.__sigaction_handler.sa_handler = { signal in
                    CrashSignals.flag?.pointee = 1
                    // As it was before: the process ends by the same signal, with its core dump or its backtrace.
                    sigaction(signal, &CrashSignals.before[Int(signal)], nil)
                    raise(signal)
                }
                sigaction(signal, &action, &before[Int(signal)])
            }
        }
    }
}

/// A stack for the handler of ``CrashSignals``, on each thread that handles messages. A message can fill the thread's own stack,
/// for example by deep nesting, and then the handler finds no room there.
private enum SignalStack {
    private static let size = 64 * 1024

    /// Each thread's stack, freed when the thread ends.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let code = pthread_key_create(&key) { stack in
            var none = stack_t()
            none.ss_flags = Int32(SS_DISABLE)
            sigaltstack(&none, nil)
            free(stack)
        }
        precondition(code == 0, "the process has no thread-local storage left")
        return key
    }()

    /// Gives the calling thread a signal stack if it has none.
    static func provide() {
        guard pthread_getspecific(key) == nil, let memory = malloc(size) else { return }
        var stack = stack_t()
        stack.ss_sp = memory
        stack.ss_size = size
        pthread_setspecific(key, memory)
        sigaltstack(&stack, nil)
    }
}
