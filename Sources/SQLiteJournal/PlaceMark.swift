import Foundation
import Synchronization
import TallywireEngine

/// The small file `PATH.mark` beside the journal: which journal was written last in this place, and how far.
///
/// A copy that is put back, an older one or that of another server, is a journal that was not written last here. Whoever read the events that
/// it does not have would be told wrong ones under the same numbers, so it gets a new epoch, which says that its numbers mean something else.
///
/// Each opening has a name of its own, the *incarnation*, which stands in the journal and in the mark. The mark also says which event was
/// committed last; it is a mapped page, so that noting that costs a store and survives the process however it ends. A power cut may take
/// back what was noted last, never what was committed before it: the mark is behind the journal then, which is no contradiction.
final class PlaceMark: Sendable {
    /// What the mark says.
    struct Content: Equatable {
        var epoch: String
        /// The opening that wrote last, and one that was about to: a crash may lie between the two steps.
        var incarnation: String
        var next: String
        var seq: UInt64
    }

    private static let magic = Array("tallywire mark 1".utf8)
    private static let nameLength = 36
    private static let length = 256

    private let page: Page
    private let path: String

    /// The mapped file. Its address never changes, and it is unmapped with its owner.
    ///
    /// Sendable because only the journal's writer stores through it, one call at a time, and nobody else reads it.
    private final class Page: @unchecked Sendable {
        let address: UnsafeMutableRawPointer

        init(_ address: UnsafeMutableRawPointer) { self.address = address }

        deinit { munmap(address, PlaceMark.length) }
    }

    /// Opens the mark of the journal at `journal`, and creates it if there is none.
    init(of journal: String) throws {
        path = journal + ".mark"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(Self.length)) == 0,
            let address = mmap(nil, Self.length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { throw Self.failure(path) }
        page = Page(address)
    }

    private static func failure(_ path: String) -> JournalError {
        JournalError(
            .storage, "\(path), which says what was written here last, cannot be written: \(String(cString: strerror(errno)))")
    }

    /// What it says; `nil` if nothing was written in this place.
    var content: Content? {
        guard Array(UnsafeRawBufferPointer(start: page.address, count: Self.magic.count)) == Self.magic else { return nil }
        func name(_ index: Int) -> String {
            let start = page.address + Self.magic.count + index * Self.nameLength
            return String(decoding: UnsafeRawBufferPointer(start: start, count: Self.nameLength).filter { $0 != 0 }, as: UTF8.self)
        }
        return Content(
            epoch: name(0), incarnation: name(1), next: name(2),
            seq: UInt64(
                littleEndian: page.address.load(
                    fromByteOffset: Self.seqOffset, as: UInt64.self)))
    }

    private static let seqOffset = 128

    /// Replaces what it says, durably.
    func write(_ content: Content) throws {
        page.address.initializeMemory(as: UInt8.self, repeating: 0, count: Self.length)
        for (index, name) in [content.epoch, content.incarnation, content.next].enumerated() {
            let start = page.address + Self.magic.count + index * Self.nameLength
            for (offset, byte) in name.utf8.prefix(Self.nameLength).enumerated() {
                start.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
        }
        note(content.seq)
        for (offset, byte) in Self.magic.enumerated() { page.address.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
        guard msync(page.address, Self.length, MS_SYNC) == 0 else { throw Self.failure(path) }
    }

    /// Notes the last committed event.
    func note(_ seq: UInt64) {
        page.address.storeBytes(of: seq.littleEndian, toByteOffset: Self.seqOffset, as: UInt64.self)
    }
}
