import Foundation
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireCore

@Suite("An event's JSON, read without a general decoder")
struct EventTextTests {
    /// What the decoder reads; `nil` if it refuses the text.
    private func decoded(_ json: [UInt8], _ variant: VariantID?) -> Event? {
        let decoder = JSONDecoder()
        if let variant { decoder.userInfo[.defaultVariantID] = variant }
        return try? decoder.decode(Event.self, fromOutside: json)
    }

    @Test(
        "is read as the decoder reads it, and nearly every change of stock without the decoder",
        arguments: 1...12 as ClosedRange<UInt64>)
    func same(seed: UInt64) throws {
        var (commands, script) = (RandomCommands(seed: seed), JournalScript())
        var (updates, plain) = (0, 0)
        for _ in 0..<40 {
            for event in script.batch((0..<8).map { _ in commands.next(in: script.state) }).events {
                let expected = decoded(event.json, event.subject.variant)
                #expect(try Event(json: event.json, defaultVariant: event.subject.variant) == expected)
                guard event.type == .inventoryUpdated else { continue }
                updates += 1
                if let read = Event(plain: event.json, defaultVariant: event.subject.variant) {
                    plain += 1
                    #expect(read == expected)
                }
            }
        }
        #expect(updates > 20 && plain * 10 >= updates * 9, "\(plain) of \(updates)")
    }

    @Test("where it is damaged, only the decoder judges it")
    func damaged() throws {
        var random = SplitMix(state: 5)
        let whole = Event(seq: 7, timestamp: Timestamp(milliseconds: 1_795_365_600_000), body: .inventoryUpdated(.example)).json
        #expect(Event(plain: whole, defaultVariant: nil) != nil)
        func check(_ json: [UInt8]) {
            guard let read = Event(plain: json, defaultVariant: nil) else { return }
            #expect(decoded(json, nil) == read, "\(String(decoding: json, as: UTF8.self))")
        }
        for count in 0..<whole.count { #expect(Event(plain: Array(whole[..<count]), defaultVariant: nil) == nil) }
        for bytes in ["}", " ", ",", "\u{0}"] { check(whole + Array(bytes.utf8)) }
        for position in whole.indices {
            for byte in [
                0, 0x20, 0x22, 0x2C, 0x2D, 0x2E, 0x30, 0x39, 0x5C, 0x65, 0x6E, 0x7B, 0x7D, 0x80, 0xFF,
                UInt8.random(in: 0...255, using: &random),
            ] {
                var (changed, longer) = (whole, whole)
                changed[position] = byte
                longer.insert(byte, at: position)
                check(changed)
                check(longer)
            }
            var shorter = whole
            shorter.remove(at: position)
            check(shorter)
        }
    }

    @Test("members that are there twice, escapes, exponents and long numbers are for the decoder")
    func unusual() {
        let whole = String(
            decoding: Event(seq: 7, timestamp: Timestamp(milliseconds: 0), body: .inventoryUpdated(.example)).json, as: UTF8.self)
        for (text, other) in [
            (#""stock":41"#, #""stock":41,"stock":42"#), (#""stock":41"#, #""stock":4.1e1"#), (#""stock":41"#, #""stock":41.0"#),
            (#""stock":41"#, #""stock":1234567890123456789"#), (#""stock":41"#, #""stock":"41""#), (#""sale""#, #""s\u0061le""#),
            (#""seq":7"#, #""seq":07"#), (#""reason""#, #""details":{"a":[1]},"reason""#),
        ] {
            let json = Array(whole.replacing(text, with: other).utf8)
            #expect(json != Array(whole.utf8) && Event(plain: json, defaultVariant: nil) == nil, "\(other)")
            #expect((try? Event(json: json)) == decoded(json, nil), "\(other)")
        }
    }
}
