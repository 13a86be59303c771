import Foundation
public import TallywireCore

extension Timestamp {
    /// The time of the system's clock. Code that is given a clock reads that clock instead.
    public static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
