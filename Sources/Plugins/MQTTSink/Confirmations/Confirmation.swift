import Foundation
import TallywireCore

/// A display's confirmation: `{"version":57}`, on the topic below the display's own.
struct Confirmation: Decodable, Equatable, Sendable {
    /// The version that the display shows.
    let version: Int64

    /// The suffix that turns a display's topic into its confirmation topic.
    static let suffix = "/shown"
    /// The most bytes of a confirmation. Other members are allowed and ignored.
    static let limit = 1024

    /// Reads a payload; `nil` if it is not a confirmation.
    init?(_ payload: [UInt8]) {
        guard payload.count <= Self.limit, StreamSafeText.isKept(by: payload),
            let read = try? JSONDecoder().decode(Self.self, fromOutside: payload), read.version >= 0
        else { return nil }
        self = read
    }
}
