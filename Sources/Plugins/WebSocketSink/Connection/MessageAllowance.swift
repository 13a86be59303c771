import NIOCore
import TallywirePipeline

/// Bounds how often one client may send: what is too much is refused, and who keeps on is sent away.
struct MessageAllowance {
    private var bucket: TokenBucket
    /// Refusals since the client was last quiet long enough for the bucket to fill.
    private var refusals = 0

    init(_ rate: Rate, at now: NIODeadline) {
        bucket = TokenBucket(rate, at: now)
    }

    enum Verdict: Equatable {
        case passes, refused, keepsOn
    }

    /// Judges one message more. `patience` is how many in a row are refused before the client keeps on.
    mutating func take(_ rate: Rate, patience: Int, at now: NIODeadline) -> Verdict {
        if refusals > 0, bucket.isFull(rate, at: now) { refusals = 0 }
        if bucket.take(rate, at: now) { return .passes }
        refusals += 1
        return refusals > patience ? .keepsOn : .refused
    }
}
