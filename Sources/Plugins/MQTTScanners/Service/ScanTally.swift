import TallywireCore
import TallywirePipeline

/// What became of some scans of one device, noted once for all of them.
struct ScanTally {
    let device: String
    private var applied: UInt64 = 0
    private var duplicates: UInt64 = 0
    private var rejected: UInt64 = 0
    /// Scans that were taken for one that was counted before.
    var skipped: UInt64 = 0
    private var lastError: String?

    init(_ device: String) { self.device = device }

    mutating func count(_ outcome: Outcome) {
        switch outcome {
        case .applied(let receipt) where receipt.status == .duplicate: duplicates += 1
        case .applied: applied += 1
        case .rejected(let rejection):
            rejected += 1
            lastError = rejection.message
        }
    }

    /// Adds the tally to the counters of the source and of the device.
    func note(in context: SourceContext, _ now: Timestamp) {
        context.status.update { snapshot in
            snapshot.applied += applied
            snapshot.duplicates += duplicates
            snapshot.rejected += rejected
            snapshot.ignored += skipped
        }
        context.devices.update(device, of: context.name) { record in
            record.lastSeen = now
            record.counters.applied += applied
            record.counters.duplicates += duplicates
            record.counters.rejected += rejected
            record.counters.bounced += skipped
            record.lastError = lastError ?? record.lastError
        }
    }
}
