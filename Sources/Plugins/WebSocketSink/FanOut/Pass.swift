import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// A batch of events as it goes through all event loops: for each audience every frame is encoded once.
///
/// Frames of a server are not masked, so the same bytes serve every connection, and any run of events is a slice.
final class Pass: Sendable {
    let records: [Record]
    /// The `seq` of the last event; 0 in a pass without events.
    let last: UInt64
    /// When the first event was committed.
    var committed: Timestamp? { envelopes.first?.timestamp }
    private let envelopes: [EventEnvelope]
    private let steps: [StockStep?]
    private let audiences: [Audience]
    private let forms: [LazyForm]

    /// A form that is made when the first connection needs it. Reading one that is made takes no lock: it is done for each event and
    /// follower.
    private final class LazyForm: Sendable {
        let made = AtomicLazyReference<Form>()
        let making = Mutex(())
    }

    /// What rooms look at, and what slow readers need to know.
    struct Record: Sendable {
        let seq: UInt64
        let type: EventType
        let product: Int64?
        let variant: Int64?
        let location: String?
        /// Whether a later value of the same variant makes it needless: a change of stock or price within or out of stock.
        let isMergeable: Bool
    }

    init(_ envelopes: [EventEnvelope], for audiences: [Audience]) {
        self.envelopes = envelopes
        self.audiences = audiences
        let steps = envelopes.map(\.step)
        self.steps = steps
        records = zip(envelopes, steps).map { envelope, step in
            Record(
                seq: envelope.seq, type: envelope.type, product: envelope.subject.product?.rawValue,
                variant: envelope.subject.variant?.rawValue, location: envelope.location,
                isMergeable: step.map { !$0.isCrossing } ?? false)
        }
        last = envelopes.last?.seq ?? 0
        forms = audiences.map { _ in LazyForm() }
    }

    /// The events as the audience of this number sees them. The first who asks on any event loop makes it, the others wait for that.
    func form(_ number: Int) -> Form {
        let form = forms[number]
        if let made = form.made.load() { return made }
        return form.making.withLock { _ in form.made.load() ?? form.made.storeIfNil(Form(envelopes, steps, for: audiences[number]))
        }
    }

    /// What a view gets of the events at `indices`, all unless they are given.
    func picks(for view: View, at indices: some Sequence<Int>) -> [Pick] {
        var picks: [Pick] = []
        var form: (number: Int, form: Form)?
        for index in indices {
            guard let number = view.form(of: records[index].type) else { continue }
            if form?.number != number { form = (number, self.form(number)) }
            if form?.form.isSeen(index) == true { picks.append(Pick(record: index, form: number)) }
        }
        return picks
    }

    /// What a view gets of all events, `nil` if that is nothing.
    func parcel(for view: View) -> Parcel? { Parcel(self, picks(for: view, at: records.indices)) }
}

/// One event of a pass in one form.
struct Pick: Equatable, Sendable {
    let record: Int
    let form: Int
}

/// Some events of a pass, ready to be sent to all who get the same.
struct Parcel {
    let pass: Pass
    let picks: [Pick]
    /// Their frames, in pieces that are as long as can be.
    let pieces: [ByteBuffer]
    let bytes: Int

    /// `picks` ascend.
    init?(_ pass: Pass, _ picks: [Pick]) {
        guard let first = picks.first else { return nil }
        self.pass = pass
        self.picks = picks
        var pieces: [ByteBuffer] = []
        var number = first.form
        var form = pass.form(number)
        var run = form.range(first.record)
        func finish() { if let piece = form.frames.getSlice(at: run.lowerBound, length: run.count) { pieces.append(piece) } }
        for pick in picks.dropFirst() {
            if pick.form != number {
                finish()
                number = pick.form
                form = pass.form(number)
                run = form.range(pick.record)
                continue
            }
            let range = form.range(pick.record)
            if range.lowerBound == run.upperBound {
                run = run.lowerBound..<range.upperBound
            } else {
                finish()
                run = range
            }
        }
        finish()
        if pieces.count > Self.mostPieces {
            // Many small writes to each of many connections cost more than one copy for all of them.
            var whole = ByteBuffer()
            whole.reserveCapacity(pieces.reduce(0) { $0 + $1.readableBytes })
            for piece in pieces { whole.writeImmutableBuffer(piece) }
            pieces = [whole]
        }
        self.pieces = pieces
        bytes = pieces.reduce(0) { $0 + $1.readableBytes }
    }

    private static let mostPieces = 4

    var events: Int { picks.count }
}
