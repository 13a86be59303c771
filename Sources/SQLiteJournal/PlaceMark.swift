import Foundation
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

    /// Only the journal's writer stores through it, one call at a time, and nobody else reads it.
    private let page: MappedPage

    /// Opens the mark of the journal at `journal`, and creates it if there is none.
    init(of journal: String) throws {
        page = try MappedPage(path: journal + ".mark", length: 256, purpose: "which says what was written here last")
    }

    /// What it says; `nil` if nothing was written in this place.
    var content: Content? {
        guard page.begins(with: Self.magic) else { return nil }
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
        page.clear()
        for (index, name) in [content.epoch, content.incarnation, content.next].enumerated() {
            page.store(name.utf8.prefix(Self.nameLength), at: Self.magic.count + index * Self.nameLength)
        }
        note(content.seq)
        page.store(Self.magic)
        try page.flush()
    }

    /// Notes the last committed event.
    func note(_ seq: UInt64) {
        page.address.storeBytes(of: seq.littleEndian, toByteOffset: Self.seqOffset, as: UInt64.self)
    }
}
