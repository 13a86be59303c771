import TallywireCore
import TallywirePipeline

extension SourceStatus {
    func count(_ outcome: Outcome) {
        update { snapshot in
            switch outcome {
            case .applied(let receipt) where receipt.status == .duplicate: snapshot.duplicates += 1
            case .applied: snapshot.applied += 1
            case .rejected: snapshot.rejected += 1
            }
        }
    }
}

extension DeviceRecord {
    mutating func count(_ outcome: Outcome?) {
        switch outcome {
        case .applied(let receipt) where receipt.status == .duplicate: counters.duplicates += 1
        case .applied: counters.applied += 1
        case .rejected(let rejection):
            counters.rejected += 1
            lastError = rejection.message
        case nil: break
        }
    }
}
