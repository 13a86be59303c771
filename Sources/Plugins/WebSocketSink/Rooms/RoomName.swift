import Foundation
import TallywireCore

/// How names of rooms that come from outside are held against the rules, before they are compared with anything.
///
/// Comparing and hashing a text normalizes it, which takes milliseconds for one letter with thousands of marks. So a name is measured in
/// bytes first, and what passes is brought to Unicode NFC: one name has one form in rooms, events and answers.
enum RoomName {
    /// Bytes of a name as it comes, at most. The longest that means something, 32 decomposed characters, has fewer.
    static let longest = 1_024

    /// The name in NFC, `nil` if it is too long to be one.
    static func normal(_ name: some StringProtocol) -> String? {
        guard name.utf8.count <= longest else { return nil }
        return name.utf8.allSatisfy { $0 < 0x80 } ? String(name) : name.precomposedStringWithCanonicalMapping
    }

    /// A location's code as the catalogue keeps it: in NFC, without white space around it. `nil` if no location can have it.
    static func locationCode(_ text: some StringProtocol) -> String? {
        guard let normal = normal(text) else { return nil }
        let scalars = normal.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }), let last = scalars.lastIndex(where: { !isSpace($0) }) else {
            return nil
        }
        let code = scalars[first...last]
        let isClean = code.allSatisfy { $0.properties.generalCategory != .control && !"/+#".unicodeScalars.contains($0) }
        return isClean && code.count <= Limits.locationCodeLength ? String(code) : nil
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || scalar == "\u{FEFF}" }
}
