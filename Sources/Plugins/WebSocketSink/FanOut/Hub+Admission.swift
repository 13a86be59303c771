import NIOHTTP1
import TallywirePipeline

extension Hub {
    /// Whether one connection more can be taken.
    var admission: UpgradeAdmission {
        switch phase {
        case .running where !isFull: return .accept([:])
        case .running:
            metrics.refusedHandshake()
            return .refuse(.serviceUnavailable, code: "overloaded", message: "all connections are taken; try again later")
        case .waiting, .stopping:
            metrics.refusedHandshake()
            return .refuse(.serviceUnavailable, code: "unavailable", message: "the rooms are not open; try again later")
        }
    }
}
