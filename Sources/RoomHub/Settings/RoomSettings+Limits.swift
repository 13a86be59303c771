import TallywireAccess
import TallywireConfiguration

extension RoomSettings.Limits {
    /// One limit as plugins.json has it, with its range. The default is that of ``RoomSettings/Limits``.
    package struct Option: Sendable {
        package typealias Path = any WritableKeyPath<RoomSettings.Limits, Int> & Sendable

        package let name: String
        package let value: Path
        let range: ClosedRange<Int>
        /// Whether the limit is written as a size in bytes, such as `"64KiB"`.
        let isSize: Bool
        let summary: String

        init(
            _ name: String, _ value: Path, _ range: ClosedRange<Int>, isSize: Bool = false, _ summary: String
        ) {
            self.name = name
            self.value = value
            self.range = range
            self.isSize = isSize
            self.summary = summary
        }

        /// `number` as plugins.json writes it.
        func text(_ number: Int) -> String { isSize ? "\(ByteSize(bytes: number))" : "\(number)" }

        package var schema: OptionSchema.Option {
            let standard = RoomSettings.Limits()[keyPath: value]
            let sizes = ByteSize(bytes: range.lowerBound)...ByteSize(bytes: range.upperBound)
            return .optional(
                name, isSize ? .size(sizes) : .integer(range),
                default: ConfigurationValue(isSize ? .string(text(standard)) : .integer(standard)), summary)
        }
    }

    package static let options = [
        Option(
            "message", \.message, 128...(16 << 20), isSize: true,
            "The largest message from a client; a larger one closes its connection with 1009."),
        Option("roomsPerConnection", \.roomsPerConnection, 1...10_000, "Rooms that one client is in at once."),
        Option("trackedPerConnection", \.trackedPerConnection, 1...100_000, "Products and variants that one client tracks."),
        Option("snapshotItems", \.snapshotItems, 1...10_000_000, "Variants in one snapshot."),
        Option("connections", \.connections, 1...1_000_000, "Clients at once; the next is refused with 503."),
        Option(
            "buffer", \.buffer, 4_096...(1 << 30), isSize: true,
            "What may wait for a client to read of what cannot be merged; more closes its connection with 4008."),
        Option(
            "messagesPerSecond", \.messages.perSecond, 1...1_000_000,
            "Messages from one client, steadily; what comes faster is refused with rate_limited."),
        Option("messageBurst", \.messages.burst, 1...1_000_000, "Messages from one client at once, after a rest."),
        Option(
            "errorsPerConnection", \.errorsPerConnection, 0...1_000_000,
            "Errors in a row that are answered; one more closes the connection with 1008."),
    ]
}

extension RoomSettings.Limits: Decodable {
    /// Reads the options as the schema leaves them: every option is there, and numbers are read as sizes too.
    public init(from decoder: any Decoder) throws {
        self.init()
        let values = try [String: ByteSize](from: decoder)
        for option in Self.options { self[keyPath: option.value] = values[option.name]?.bytes ?? self[keyPath: option.value] }
    }
}
