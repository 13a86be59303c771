import NIOCore
import Synchronization
import TallywireCore
import TallywireEngine

/// A batch of events on its way through all event loops. Every frame is encoded once for each audience.
///
/// Frames of a server are not masked, so the same bytes serve every connection, and any run of events is a slice.
package final class Pass: Sendable {
    package let records: [Record]
    /// The `seq` of the last event; 0 in a pass without events.
    let last: UInt64
    /// When the first event was committed.
    var committed: Timestamp? { envelopes.first?.timestamp }
    private let envelopes: [EventEnvelope]
    private let steps: [StockStep?]
    private let audiences: [Audience]
    /// How the protocol of the connections writes an event.
    let encoding: EventEncoding
    private let forms: [LazyForm]

    /// A form that is made when the first connection needs it. Reading a form that is made takes no lock, since forms are read for
    /// each event and follower.
    private final class LazyForm: Sendable {
        let made = AtomicLazyReference<Form>()
        let making = Mutex(())
    }

    /// The values of an event by which rooms choose, and which backlogs need.
    package struct Record: Sendable {
        let seq: UInt64
        let type: EventType
        let product: Int64?
        let variant: Int64?
        let location: String?
        let reservation: String?
        /// Whether a later value of the same variant replaces this event: true for a change of stock or price that does not cross
        /// between in and out of stock.
        let isMergeable: Bool
    }

    init(_ envelopes: [EventEnvelope], for audiences: [Audience], _ encoding: EventEncoding = .message) {
        self.encoding = encoding
        self.envelopes = envelopes
        self.audiences = audiences
        let steps = envelopes.map(\.step)
        self.steps = steps
        records = zip(envelopes, steps).map { envelope, step in
            Record(
                seq: envelope.seq, type: envelope.type, product: envelope.subject.product?.rawValue,
                variant: envelope.subject.variant?.rawValue, location: envelope.location,
                reservation: envelope.subject.reservation, isMergeable: step.map { !$0.isCrossing } ?? false)
        }
        last = envelopes.last?.seq ?? 0
        forms = audiences.map { _ in LazyForm() }
    }

    /// The events as the audience with this number sees them. The first caller on any event loop makes the form, and the others
    /// wait for it.
    func form(_ number: Int) -> Form {
        let form = forms[number]
        if let made = form.made.load() { return made }
        return form.making.withLock { _ in
            form.made.load() ?? form.made.storeIfNil(Form(envelopes, steps, for: audiences[number], encoding))
        }
    }

    /// Which of the events at `indices` a view gets, and in which forms.
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

    /// Which of all events a view gets; `nil` if it gets none.
    func parcel(for view: View) -> Parcel? { Parcel(self, picks(for: view, at: records.indices)) }
}

/// One event of a pass in one audience's form.
package struct Pick: Equatable, Sendable {
    let record: Int
    let form: Int
}

/// Some events of a pass, ready to be sent to all connections that get the same ones.
package struct Parcel {
    package let pass: Pass
    let picks: [Pick]
    /// Their frames, in the longest pieces that are possible.
    package let pieces: [ByteBuffer]
    package let bytes: Int

    /// `picks` have to ascend.
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

    package var events: Int { picks.count }
}
