import Foundation
import TallywireCommands

/// What one check of `tallywire doctor` found.
struct Finding: Encodable, Equatable, Sendable {
    enum Level: String, Encodable, Sendable {
        case ok
        /// Works, but not as it should, or not for long.
        case warning
        case wrong
    }

    /// What was looked at, such as `disk`.
    let check: String
    let level: Level
    /// What was found.
    let text: String
    /// What to do; `nil` if all is right.
    let advice: String?

    static func ok(_ check: String, _ text: String) -> Finding { Finding(check: check, level: .ok, text: text, advice: nil) }

    static func warning(_ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(check: check, level: .warning, text: text, advice: advice)
    }

    static func wrong(_ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(check: check, level: .wrong, text: text, advice: advice)
    }
}

/// All findings, for people and for programs.
struct DoctorReport: Encodable, Sendable {
    let findings: [Finding]
    let warnings: Int
    let wrong: Int

    init(_ findings: [Finding]) {
        self.findings = findings
        warnings = findings.count { $0.level == .warning }
        wrong = findings.count { $0.level == .wrong }
    }

    /// A line for each finding, what to do below it, and the sum.
    var text: String {
        let width = findings.map(\.check.count).max() ?? 0
        var lines: [String] = []
        for finding in findings {
            let check = finding.check.padding(toLength: width, withPad: " ", startingAt: 0)
            let level = finding.level.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0)
            lines.append("\(level)  \(check)  \(finding.text.terminalText)")
            if let advice = finding.advice {
                lines.append(String(repeating: " ", count: width + 11) + "→ " + advice.terminalText)
            }
        }
        lines.append(
            wrong + warnings == 0
                ? "Nothing is wrong here."
                : "\(wrong) wrong, \(warnings) \(warnings == 1 ? "warning" : "warnings").")
        return lines.joined(separator: "\n")
    }
}
