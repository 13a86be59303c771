import NIOCore
import TallywireConfiguration
import TallywireCore
import TallywireEngine
import Testing
import WebSocketServer

@testable import RoomHub
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

    /// The views of the standard rooms, and one with alerts and status only.
    let everything = View(EventType.allCases, form: 0)
    let updates = View([.inventoryUpdated], form: 0)

    @Test("a view keeps a form for each type by itself, up to the largest, and of two the one that shows more")
    func views() {
        for type in EventType.allCases {
            let largest = View([type], form: View.mostForms - 1)
            for other in EventType.allCases {
                #expect(largest.form(of: other) == (other == type ? View.mostForms - 1 : nil))
                let both = largest.merging(View([other], form: 7))
                #expect(both.form(of: other) == 7 && both.form(of: type) == (other == type ? 7 : View.mostForms - 1))
            }
        }
        #expect(EventType.allCases.count <= View.mostTypes && View.mostTypes == 32)
        #expect(View.nothing.isNothing && !View([.serialRepeated], form: 0).isNothing)
        #expect(everything.merging(.nothing) == everything)
    }

    @Test("rooms that show events in more ways than there are forms are refused")
    func tooManyForms() throws {
        var configuration = WebSocketConfiguration()
        func rooms(_ count: Int) -> [RoomSettings.Room] {
            (0..<count).map { .init(name: "r\($0)", events: [.inventoryUpdated], bands: [0, Int64($0) + 1]) }
        }
        configuration.hub.rooms = rooms(View.mostForms - 1)
        configuration.hub.broadcast = []
        #expect(configuration.hub.distinctAudiences == View.mostForms)
        configuration.hub.rooms = rooms(View.mostForms)
        #expect(throws: OptionError.self) { try configuration.validate() }
    }

    @Test("whoever wants all types gets the buffer itself, whoever wants some a part, and nobody an empty one")
    func parts() {
        let pass = Pass([
            envelope(1), envelope(2, .stockAlert), envelope(3), envelope(4, .productStatusChanged),
            envelope(5, .productStatusChanged),
        ])
        #expect(pass.parcel(for: everything)?.pieces == [pass.form(0).frames])
        #expect(pass.parcel(for: View([.catalogueChanged], form: 0)) == nil)
        let parcel = pass.parcel(for: updates)
        #expect(parcel?.events == 2 && parcel?.bytes == parcel?.pieces.reduce(0) { $0 + $1.readableBytes })
        #expect(parcel?.pieces.map { sequence($0) } == [[1], [3]])
        #expect(pass.parcel(for: View([.productStatusChanged], form: 0))?.pieces.map { sequence($0) } == [[4, 5]])
    }

    @Test("neighbours share one slice, and many small pieces become one")
    func runs() throws {
        let pass = Pass((1...20).map { envelope($0) })
        let runs = try #require(Parcel(pass, pass.picks(for: everything, at: [0, 1, 2, 4, 5])))
        #expect(runs.pieces.map { sequence($0) } == [[1, 2, 3], [5, 6]])
        let scattered = try #require(Parcel(pass, pass.picks(for: everything, at: Swift.stride(from: 0, to: 20, by: 2))))
        #expect(scattered.pieces.map { sequence($0) } == [Array(Swift.stride(from: 1, to: 21, by: 2))])
    }

    @Test("of two forms a reader gets the one that shows more, event by event")
    func forms() throws {
        let banded = Audience(fields: nil, bands: [0, 5])
        let pass = Pass(
            [stockEnvelope(1, from: 10, to: 3), stockEnvelope(2, from: 3, to: 2), envelope(3, .stockAlert)],
            for: [.everybody, banded])
        let shop = View([.inventoryUpdated, .productStatusChanged], form: 1)
        let alerts = View([.stockAlert], form: 0)
        #expect(pass.parcel(for: shop)?.pieces.map { sequence($0) } == [[1]])
        #expect(pass.parcel(for: shop.merging(alerts))?.pieces.map { sequence($0) } == [[1], [3]])
        let both = try #require(pass.parcel(for: shop.merging(everything)))
        #expect(both.pieces.map { sequence($0) } == [[1, 2, 3]] && both.picks.allSatisfy { $0.form == 0 })
    }
}

extension Pass {
    /// A batch for those who see everything.
    convenience init(_ envelopes: [EventEnvelope]) { self.init(envelopes, for: [.everybody]) }
}

/// The `seq` of each event in a run of frames.
func sequence(_ frames: ByteBuffer?) -> [UInt64] {
    ServerFrame.all(in: frames ?? ByteBuffer()).compactMap { frame in
        frame.text.split(separator: #""seq":"#).last.flatMap { UInt64($0.prefix { $0.isNumber }) }
    }
}
