import Foundation
import TallywireCore
import TallywireEngine
import Testing

@Suite("A traceparent")
struct TraceParentTests {
    private static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("is read as W3C Trace Context says")
    func reading() {
        #expect(TraceParent(Self.valid)?.description == Self.valid)
        #expect(TraceParent("cc" + Self.valid.dropFirst(2) + "-what-comes-later")?.description == Self.valid)
        #expect(TraceParent("cc" + Self.valid.dropFirst(2))?.description == Self.valid)
        for text in [
            "", "00", Self.valid + "-00", Self.valid + "x", "ff" + Self.valid.dropFirst(2), Self.valid.uppercased(),
            Self.valid.replacingOccurrences(of: "-", with: "_"), Self.valid.replacingOccurrences(of: "4bf9", with: "4bg9"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] { #expect(TraceParent(text) == nil, "\(text)") }
    }

    @Test("is in the events of its command, and is read back from them; an event without one has none")
    func events() throws {
        let trace = try #require(TraceParent(Self.valid))
        var state = InventoryState()
        let now = Timestamp(milliseconds: 1_795_365_600_000)
        let product = NewProduct(name: "Mug", content: .single(NewVariant(sku: "MUG", name: "Mug")))
        for action in [Command.Action.createLocation(.main), .createProduct(product)] {
            _ = state.decide(Command(source: "test", action: action), id: "1", now: now)
        }
        let line = Movement.Line(item: .sku("MUG"), location: "MAIN", operation: .add, quantity: 3)
        for expected in [trace, nil] {
            let command = Command(source: "test", trace: expected, action: .move(Movement(lines: [line])))
            let decision = state.decide(command, id: "2", now: now)
            #expect(!decision.events.isEmpty)
            for event in decision.events {
                let text = String(decoding: event.json, as: UTF8.self)
                #expect(text.contains(#""trace":"\#(Self.valid)","timestamp":"#) == (expected != nil), "\(text)")
                // By itself, by the general decoder, and without decoding.
                #expect(try Event(json: event.json).trace == expected)
                #expect(try JSONDecoder().decode(Event.self, from: Data(event.json)).trace == expected)
                let read = EventEnvelope(
                    seq: event.seq, timestamp: event.timestamp, type: event.type, subject: event.body.content.eventSubject,
                    json: event.json)
                #expect(read.trace == expected)
                #expect(EventEnvelope(event, json: event.json).trace == expected)
            }
        }
    }

    @Test("does not make a command another one")
    func fingerprint() throws {
        let command = Command(id: "a", source: "test", action: .createLocation(.main))
        var traced = command
        traced.trace = TraceParent(Self.valid)
        #expect(InventoryState().fingerprint(of: command.action) == InventoryState().fingerprint(of: traced.action))
        let copy = try JSONDecoder().decode(Command.self, from: JSONEncoder().encode(traced))
        #expect(copy.trace == traced.trace)
    }
}
