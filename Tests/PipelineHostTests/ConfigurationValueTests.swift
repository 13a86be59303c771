import TallywireConfiguration
import Testing

@Suite struct ConfigurationValueTests {
    @Test(
        "a duration is a whole number with a unit",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("24h", .seconds(86_400)),
            ("7d", .seconds(604_800)), ("0s", .zero), ("007s", .seconds(7)),
            ("9223372036854775807ms", .milliseconds(Int64.max)),
        ])
    func duration(text: String, duration: Duration) {
        #expect(Duration(configuration: text) == duration)
    }

    @Test(
        "anything else is no duration",
        arguments: [
            "", "5", "s", "5 s", " 5s", "5s ", "1.5s", "-5s", "+5s", "5S", "5min", "1h30m", "5µs", "٥s", "9223372036854775808ms",
            "106751991168d",
        ])
    func noDuration(text: String) { #expect(Duration(configuration: text) == nil) }

    @Test(
        "a duration is written in the largest unit that fits and reads back",
        arguments: [0, 1, 999, 1_000, 90_000, 3_600_000, 172_800_000])
    func durationText(milliseconds: Int) {
        let duration = Duration.milliseconds(milliseconds)
        #expect(Duration(configuration: duration.configurationText) == duration)
    }

    @Test("durations are written short")
    func durationTexts() {
        let texts = [Duration.seconds(90), .seconds(86_400), .milliseconds(1_500), .zero, .seconds(7_200)].map(\.configurationText)
        #expect(texts == ["90s", "1d", "1500ms", "0ms", "2h"])
    }

    @Test(
        "a size has a binary or a decimal unit or none",
        arguments: [
            ("512B", 512), ("512", 512), ("64KiB", 65_536), ("1MiB", 1_048_576), ("10GB", 10_000_000_000), ("1KB", 1_000),
            ("2MB", 2_000_000), ("3GiB", 3 << 30), ("1TB", 1_000_000_000_000), ("1TiB", 1 << 40), ("0B", 0),
            ("8388607TiB", 8_388_607 << 40), ("9223372036854775807", Int.max),
        ])
    func size(text: String, bytes: Int) { #expect(ByteSize(text)?.bytes == bytes) }

    @Test(
        "anything else is no size",
        arguments: ["", "KiB", "1 KiB", "-1B", "1.5MiB", "1kb", "1mib", "1K", "1PiB", "8388608TiB", "9223372036854775808", "０B"])
    func noSize(text: String) { #expect(ByteSize(text) == nil) }

    @Test("a size is written in the largest unit that fits and reads back")
    func sizeText() {
        let texts = [0, 1, 1_000, 1_024, 1_536, 65_536, 64 << 20, 10_000_000_000, 1 << 40].map { ByteSize(bytes: $0).description }
        #expect(texts == ["0B", "1B", "1KB", "1KiB", "1536B", "64KiB", "64MiB", "10GB", "1TiB"])
        for text in texts { #expect(ByteSize(text)?.description == text) }
    }

    private struct Everything: Decodable, Equatable {
        enum Level: String, Decodable { case low, out }
        struct Inner: Decodable, Equatable { let name: String }

        let text: String
        let flag: Bool
        let count: Int
        let small: UInt8
        let ratio: Double
        let wait: Duration
        let size: ByteSize
        let level: Level
        let list: [Inner]
        let table: [String: Int]
        let absent: String?
        let null: Int?
        let pairs: [[Int]]
    }

    private let everything: ConfigurationValue = [
        "text": "a", "flag": true, "count": -3, "small": 255, "ratio": 2, "wait": "500ms", "size": 64, "level": "low",
        "list": [["name": "x"], ["name": "y"]], "table": ["a": 1, "b": 2], "null": nil, "pairs": [[1, 2], []],
    ]

    @Test("every shape of options decodes")
    func decodes() throws {
        #expect(
            try everything.decode(Everything.self)
                == Everything(
                    text: "a", flag: true, count: -3, small: 255, ratio: 2, wait: .milliseconds(500), size: ByteSize(bytes: 64),
                    level: .low, list: [.init(name: "x"), .init(name: "y")], table: ["a": 1, "b": 2], absent: nil, null: nil,
                    pairs: [[1, 2], []]))
    }

    @Test("a value that does not fit its type is named by its path")
    func mismatch() throws {
        let value: ConfigurationValue = ["pairs": [[1], ["x"]]]
        struct Pairs: Decodable { let pairs: [[Int]] }
        let error = #expect(throws: DecodingError.self) { try value.decode(Pairs.self) }
        guard case .typeMismatch(_, let context) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == ["pairs", "1", "0"])
        #expect(throws: DecodingError.self) { try (["pairs": [[300]]] as ConfigurationValue).decode([String: [[UInt8]]].self) }
    }

    @Test("a value is written as JSON")
    func json() {
        let value: ConfigurationValue = ["a": ["x\"\n", 1, 2.5, true, nil, [], [:]], "b": ["c": "é"]]
        #expect(value.json == #"{ "a": ["x\"\n", 1, 2.5, true, null, [], {}], "b": { "c": "é" } }"#)
        #expect(value["b"]?.indentedJSON == "{\n  \"c\": \"é\"\n}")
    }
}
