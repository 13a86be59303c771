import TallywireCore

/// How what a display shows is written into its topic.
enum DisplayFormat: Equatable, Sendable {
    /// An object with these members, in this order.
    case fields([DisplayField])
    /// Lines for a display that shows text as it comes.
    case text(DisplayText)

    static let contract = DisplayFormat.fields(DisplayField.contract)

    func payload(_ display: Display) -> [UInt8] {
        switch self {
        case .fields(let fields):
            var json = JSONWriter(capacity: 256)
            json.object { json in
                for field in fields { display.write(field, to: &json) }
            }
            return json.bytes
        case .text(let text): return Array(text.filled(with: display).utf8)
        }
    }
}
