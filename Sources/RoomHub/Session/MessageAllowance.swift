import NIOCore
import TallywireAccess

/// Limits how often one client may send. Messages above the rate are refused, and a client that keeps on is disconnected.
package struct MessageAllowance {
    private var bucket: TokenBucket
    /// Refusals since the bucket was last full, which means that the client was quiet for long enough.
    private var refusals = 0

    package init(_ rate: Rate, at now: NIODeadline) {
        bucket = TokenBucket(rate, at: now)
    }

    package enum Admission: Equatable {
        case passes, refused, keepsOn
    }

    /// Counts one more message. `refusalLimit` is how many messages in a row are refused before the client keeps on.
    package mutating func take(_ rate: Rate, refusalLimit: Int, at now: NIODeadline) -> Admission {
        if refusals > 0, bucket.isFull(rate, at: now) { refusals = 0 }
        if bucket.take(rate, at: now) { return .passes }
        refusals += 1
        return refusals > refusalLimit ? .keepsOn : .refused
    }
}
