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

    /// A location's code as the catalogue keeps it: in its key form. `nil` if no location can have it.
    static func locationCode(_ text: some StringProtocol) -> String? {
        guard text.utf8.count <= longest else { return nil }
        let code = String(text).keyForm
        return Command.mistake(inLocation: code) == nil ? code : nil
    }
}
