import NIOCore
import TallywireCore
import TallywireEngine

/// A batch of events as it goes through all event loops: every frame encoded once, one after the other in one buffer.
///
/// Frames of a server are not masked, so the same bytes serve every connection, and any run of records is a slice.
struct Pass: Sendable {
    /// The frames of all records.
    let frames: ByteBuffer
    let records: [Record]
    /// The types that occur.
    let types: EventTypes
    /// The `seq` of the last record.
    let last: UInt64

    /// Where a record's frame is, and what rooms look at.
    struct Record: Sendable {
        let start: Int
        let end: Int
        let type: EventTypes
        let product: Int64?
        let variant: Int64?
        let location: String?
    }

    /// Some of the records' frames in one buffer.
    struct Part {
        let frames: ByteBuffer
        let events: Int
    }

    /// Encodes the batch. `places` is kept from one to the next.
    init(_ envelopes: [EventEnvelope], places: inout AlertPlaces) {
        var frames = ByteBuffer()
        frames.reserveCapacity(envelopes.reduce(0) { $0 + $1.json.count + 4 })
        var types: EventTypes = []
        records = envelopes.map { envelope in
            let start = frames.writerIndex
            frames.writeTextFrame(envelope.json)
            let type = EventTypes(envelope.type)
            types.formUnion(type)
            let subject = envelope.subject
            return Record(
                start: start, end: frames.writerIndex, type: type, product: subject.product?.rawValue,
                variant: subject.variant?.rawValue, location: places.location(of: envelope))
        }
        self.frames = frames
        self.types = types
        last = envelopes.last?.seq ?? 0
    }

    /// The records of these types, or `nil` if there is none.
    func part(of wanted: EventTypes) -> Part? {
        if types.isSubset(of: wanted) { return Part(frames: frames, events: records.count) }
        if types.isDisjoint(with: wanted) { return nil }
        return part(of: records.indices.filter { !records[$0].type.isDisjoint(with: wanted) })
    }

    /// The records at these indices, which ascend: a slice if they are neighbours, else a copy for all who want the same.
    func part(of indices: [Int]) -> Part {
        let runs = runs(of: indices)
        guard runs.pieces.count > 1 else { return Part(frames: runs.pieces.first ?? ByteBuffer(), events: runs.events) }
        var frames = ByteBuffer()
        frames.reserveCapacity(runs.pieces.reduce(0) { $0 + $1.readableBytes })
        for piece in runs.pieces { frames.writeImmutableBuffer(piece) }
        return Part(frames: frames, events: runs.events)
    }

    /// The records at these indices, which ascend and may repeat, as slices that are as long as can be.
    func runs(of indices: [Int]) -> (pieces: [ByteBuffer], events: Int) {
        var pieces: [ByteBuffer] = []
        var events = 0
        var run: Range<Int>?
        func finish() {
            guard let run, let piece = frames.getSlice(at: run.lowerBound, length: run.count) else { return }
            pieces.append(piece)
        }
        var previous: Int?
        for index in indices where index != previous {
            previous = index
            events += 1
            let record = records[index]
            if let current = run, current.upperBound == record.start {
                run = current.lowerBound..<record.end
            } else {
                finish()
                run = record.start..<record.end
            }
        }
        finish()
        return (pieces, events)
    }
}
