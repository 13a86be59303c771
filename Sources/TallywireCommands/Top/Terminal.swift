import Foundation

/// The terminal while `tallywire top` has it: the alternate screen, no cursor, and keys without a line end.
///
/// The escape sequences are those that every terminal of today has (xterm's, in ECMA-48), so there is no need for curses and its database
/// of terminals. Not safe from several threads: one task has it.
struct Terminal {
    private let saved: termios?

    /// Takes the terminal. ``restore()`` has to follow, whatever comes between.
    init() throws {
        var current = termios()
        if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &current) == 0 {
            saved = current
            // ^C comes as a key then, so that nothing ends the program before the terminal is as it was.
            current.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
            tcsetattr(STDIN_FILENO, TCSANOW, &current)
        } else {
            saved = nil
        }
        do { try Output.standard.write("\u{1B}[?1049h\u{1B}[?25l") } catch {
            restore()
            throw error
        }
    }

    /// Gives the terminal back as it was. A terminal that is gone needs nothing.
    func restore() {
        try? Output.standard.write("\u{1B}[?25h\u{1B}[?1049l")
        if var saved { tcsetattr(STDIN_FILENO, TCSADRAIN, &saved) }
    }

    /// Shows lines from the top on, in one write and without clearing the screen first, so that nothing flickers.
    func show(_ lines: [TopLine], width: Int, isColoured: Bool) throws {
        let texts = lines.map { $0.text(width: width, isColoured: isColoured) + "\u{1B}[K" }
        try Output.standard.write("\u{1B}[H" + texts.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Columns and lines. A terminal that does not tell is taken for one of 80 by 24.
    static var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Whether standard output is a terminal that obeys escape sequences.
    static var isThere: Bool { isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Whether colours are wanted there: see no-color.org.
    static var isColoured: Bool { isThere && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty }
}
