import Foundation
public import TallywireCore

extension Timestamp {
    /// The time of the system's clock. Whatever is handed a clock asks that one instead.
    public static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
