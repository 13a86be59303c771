import NIOCore
import TallywireCore
import TallywireEngine
import Testing

@testable import WebSocketSink

@Suite("A pass")
struct PassTests {
    @Test("frames of every length have the header that RFC 6455 wants", arguments: [0, 1, 125, 126, 65_535, 65_536])
    func headers(length: Int) {
        var frame = ByteBuffer()
        frame.writeTextFrame(Array(repeating: UInt8(ascii: "a"), count: length))
        let header: [UInt8] =
            switch length {
            case ..<126: [0x81, UInt8(length)]
            case ...65_535: [0x81, 126, UInt8(length >> 8), UInt8(length & 255)]
            default: [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]
            }
        #expect(Array(frame.readableBytesView.prefix(header.count)) == header)
        #expect(frame.readableBytes == header.count + length)
    }

    @Test("whoever wants all types gets the buffer itself, whoever wants some a part, and nobody an empty one")
    func parts() {
        let pass = Pass([
            envelope(1), envelope(2, .stockAlert), envelope(3), envelope(4, .productStatusChanged),
            envelope(5, .productStatusChanged),
        ])
        #expect(pass.part(of: EventTypes(EventType.allCases))?.frames == pass.frames)
        #expect(pass.part(of: EventTypes(.catalogueChanged)) == nil)
        let updates = pass.part(of: EventTypes(.inventoryUpdated))
        #expect(updates?.events == 2)
        #expect(sequence(updates?.frames) == [1, 3])
        #expect(sequence(pass.part(of: EventTypes(.productStatusChanged))?.frames) == [4, 5])
        #expect(sequence(pass.part(of: EventTypes([.stockAlert, .productStatusChanged]))?.frames) == [2, 4, 5])
    }

    @Test("an alert belongs to the location whose change caused it, also in the next batch, and however many lines are between")
    func alertPlaces() {
        var places = AlertPlaces()
        let alert = envelope(9, .stockAlert, variant: 11, location: nil)
        #expect(places.location(of: alert) == nil)
        #expect(places.location(of: envelope(1, variant: 11, location: "A")) == "A")
        #expect(places.location(of: envelope(2, variant: 12, location: "B")) == "B")
        #expect(places.location(of: alert) == "A")
        #expect(places.location(of: envelope(3, variant: 11, location: "C")) == "C")
        #expect(places.location(of: envelope(4, variant: 11, location: nil)) == nil)
        for variant in 100..<Int64(100 + Limits.linesPerMovement) {
            _ = places.location(of: envelope(5, variant: variant, location: "D"))
        }
        #expect(places.location(of: alert) == "C")
        let batch = Pass([alert], places: &places)
        #expect(batch.records[0].location == "C")
    }

    @Test("neighbours share one slice, and a repeated record is sent once")
    func runs() {
        let pass = Pass((1...6).map { envelope($0) })
        let runs = pass.runs(of: [0, 1, 1, 2, 4, 4, 5])
        #expect(runs.events == 5)
        #expect(runs.pieces.map { sequence($0) } == [[1, 2, 3], [5, 6]])
    }
}

extension Pass {
    /// A batch that follows none.
    init(_ envelopes: [EventEnvelope]) {
        var places = AlertPlaces()
        self.init(envelopes, places: &places)
    }
}

/// The `seq` of each event in a run of frames.
func sequence(_ frames: ByteBuffer?) -> [UInt64] {
    ServerFrame.all(in: frames ?? ByteBuffer()).compactMap { frame in
        frame.text.split(separator: #""seq":"#).last.flatMap { UInt64($0.prefix { $0.isNumber }) }
    }
}
