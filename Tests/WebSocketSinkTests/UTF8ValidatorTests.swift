import TallywireTesting
import TestSupport
import Testing

@testable import RoomHub
@testable import WebSocketServer
@testable import WebSocketSink

@Suite("UTF-8 as it comes")
struct UTF8ValidatorTests {
    /// Octets with which every rule begins or ends, so that all sequences of them meet every rule from both sides.
    static let edges: [UInt8] = [
        0x00, 0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
        0xF1,
        0xF3, 0xF4, 0xF5, 0xFF,
    ]

    @Test("it agrees with the standard library on every sequence of up to three octets at the edges of the rules")
    func short() {
        for first in Self.edges {
            expectAgreement([first])
            for second in Self.edges {
                expectAgreement([first, second])
                for third in Self.edges { expectAgreement([first, second, third]) }
            }
        }
    }

    @Test("it agrees with the standard library on every sequence of four octets after a leading octet of four")
    func four() {
        for first in Self.edges where first >= 0xEF {
            for second in Self.edges {
                for third in Self.edges { for fourth in Self.edges { expectAgreement([first, second, third, fourth]) } }
            }
        }
    }

    @Test(
        "it agrees with the standard library on long texts with a fault anywhere, in pieces of any length",
        arguments: 0..<20 as Range<UInt64>)
    func long(seed: UInt64) {
        var random = SplitMix(state: seed)
        let words = ["stock", "κόσμε", "\u{0}", "库存", "🏷️", "\u{10FFFF}", "é"]
        var text = Array((0..<20).map { _ in words[Int(random.next() % 7)] }.joined().utf8)
        for _ in 0..<40 {
            text[Int(random.next() % UInt64(text.count))] = Self.edges[Int(random.next() % 25)]
            var validator = UTF8Validator()
            var isValid = true
            var rest = text[...]
            while isValid, !rest.isEmpty {
                let piece = rest.prefix(1 + Int(random.next() % 17))
                isValid = piece.withUnsafeBytes { validator.accept($0) }
                rest = rest.dropFirst(piece.count)
            }
            #expect((isValid && validator.isComplete) == (String(validating: text, as: UTF8.self) != nil), "\(text)")
            if Bool.random(using: &random) { text = Array(words[Int(random.next() % 7)].utf8) + text.suffix(200) }
        }
    }

    @Test(
        "it refuses at the very octet after which nothing could mend the text",
        arguments: [
            ([0x61, 0x80], 1), ([0xC0, 0x80], 0), ([0xE0, 0x9F], 1), ([0xED, 0xA0, 0x80], 1), ([0xF0, 0x8F], 1),
            ([0xCE, 0xBA, 0xF4, 0x90, 0x80, 0x80], 3), ([0xF5], 0), ([0xE2, 0x82, 0x41], 2),
        ] as [([UInt8], Int)])
    func failFast(octets: [UInt8], fault: Int) {
        var validator = UTF8Validator()
        for (index, octet) in octets.prefix(fault + 1).enumerated() {
            let isAccepted = [octet].withUnsafeBytes { validator.accept($0) }
            #expect(isAccepted == (index < fault))
        }
    }

    /// Compares the verdicts on a whole text, and on a text that its octets begin.
    private func expectAgreement(_ octets: [UInt8]) {
        var validator = UTF8Validator()
        let isAccepted = octets.withUnsafeBytes { validator.accept($0) }
        let isText = String(validating: octets, as: UTF8.self) != nil
        if (isAccepted && validator.isComplete) != isText { Issue.record("\(octets) is judged wrongly") }
        // What was accepted must be the beginning of some text.
        guard isAccepted, !validator.isComplete else { return }
        let endings: [[UInt8]] = [
            [0x80], [0x90], [0xA0], [0x80, 0x80], [0x90, 0x80], [0xA0, 0x80], [0x80, 0x80, 0x80], [0x90, 0x80, 0x80],
        ]
        if !endings.contains(where: { String(validating: octets + $0, as: UTF8.self) != nil }) {
            Issue.record("\(octets) begins no text and was accepted")
        }
    }
}
