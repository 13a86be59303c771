import Foundation
import TallywireCore

/// Prints events for people, in colour on a terminal, or as JSON Lines for programs.
struct EventPrinter: Sendable {
    private let asJSON: Bool
    private let isColoured: Bool

    init(asJSON: Bool) {
        self.asJSON = asJSON
        isColoured =
            !asJSON && isatty(FileHandle.standardOutput.fileDescriptor) == 1
            && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    func print(_ data: Data) {
        let line: Data
        if asJSON {
            line = data
        } else if let event = try? JSONDecoder().decode(Event.self, fromOutside: data) {
            line = Data(text(event).utf8)
        } else {
            line = data
        }
        Output.standard.printOrExit(String(decoding: line, as: UTF8.self))
    }

    private func text(_ event: Event) -> String {
        let time = event.timestamp.description.dropFirst(11).dropLast()
        let words = event.body.content.wording.map { words in
            switch words {
            case .text(let text): visible(text)
            case .marked(let text, let level): coloured(visible(text), for: level)
            }
        }
        return dimmed("\(time) #\(event.seq)") + "  " + words.joined()
    }

    /// A text from outside, without the control characters that a terminal would obey.
    private func visible(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }))
    }

    private func coloured(_ text: String, for level: StockLevel) -> String {
        switch level {
        case .ok: paint(text, "32")
        case .low: paint(text, "33")
        case .out: paint(text, "31")
        }
    }

    private func dimmed(_ text: String) -> String { paint(text, "2") }

    private func paint(_ text: String, _ code: String) -> String { isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
