import Foundation
import TallywireCore
import TallywirePipeline

/// What a display says of itself: `{"version":57}` in the topic behind its own.
struct Confirmation: Decodable, Equatable, Sendable {
    /// The version that it shows.
    let version: Int64

    /// The level that a display's topic is followed by.
    static let suffix = "/shown"
    /// Bytes of a confirmation. Other members are allowed, and not read.
    static let limit = 1024

    /// Reads a payload; `nil` if it is no confirmation.
    init?(_ payload: [UInt8]) {
        guard payload.count <= Self.limit, StreamSafeText.isKept(by: payload),
            let read = try? JSONDecoder().decode(Self.self, fromOutside: payload), read.version >= 0
        else { return nil }
        self = read
    }
}
