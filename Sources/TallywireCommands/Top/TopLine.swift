/// A line of the screen: texts, each in its colour.
struct TopLine: Equatable, Sendable {
    enum Style: String, Sendable {
        case plain = ""
        case title = "1"
        case dim = "2"
        case bad = "31"
        case good = "32"
        case doubtful = "33"
    }

    struct Part: Equatable, Sendable {
        var text: String
        var style: Style
    }

    private(set) var parts: [Part] = []

    init(_ parts: (String, Style)...) {
        for (text, style) in parts { append(text, style) }
    }

    /// Adds a text. Control characters in it are made visible.
    mutating func append(_ text: String, _ style: Style = .plain) {
        parts.append(Part(text: text.terminalText, style: style))
    }

    /// The line in at most `width` columns, with escape sequences for colours only if they are wanted.
    func text(width: Int, isColoured: Bool) -> String {
        var (text, left) = ("", width)
        for part in parts where left > 0 {
            let shown = part.text.cut(to: left)
            left -= shown.cellWidth
            text += isColoured && part.style != .plain ? "\u{1B}[\(part.style.rawValue)m\(shown)\u{1B}[0m" : shown
        }
        if isColoured { return text }
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}

/// Rows under titles, as wide as what is in them. The last column takes the room that is left.
struct TopTable: Sendable {
    struct Cell: Sendable {
        let text: String
        var style = TopLine.Style.plain
    }

    struct Column: Sendable {
        let title: String
        /// Numbers are flush right.
        var isNumber = false
    }

    /// The most columns of the screen for a column but the last.
    private static let widest = 32

    let columns: [Column]
    var rows: [[Cell]] = []

    var lines: [TopLine] {
        let widths = columns.indices.map { index in
            min(Self.widest, max(columns[index].title.count, rows.map { $0[index].text.terminalText.cellWidth }.max() ?? 0))
        }
        return [line(columns.map { Cell(text: $0.title, style: .title) }, widths)] + rows.map { line($0, widths) }
    }

    private func line(_ cells: [Cell], _ widths: [Int]) -> TopLine {
        var line = TopLine()
        for (index, cell) in cells.enumerated() {
            if index > 0 { line.append("  ") }
            let isLast = index == cells.count - 1
            let text = cell.text.terminalText
            line.append(
                isLast ? text : text.cut(to: widths[index]).padded(to: widths[index], isRight: columns[index].isNumber), cell.style)
        }
        return line
    }
}
