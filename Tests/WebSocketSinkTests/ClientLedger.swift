import TallywireCore
import TallywireEngine
import Testing

@testable import RoomHub
@testable import WebSocketSink

/// What one connection was told, and what it has to have been told.
struct ClientLedger {
    enum Interest: Equatable {
        case room(String)
        case variant(Int64)
        /// What a connection hears that is in no room.
        case everybody

        func covers(_ event: EventEnvelope) -> Bool {
            let isPublic = [.inventoryUpdated, .productStatusChanged].contains(event.type)
            let isFollowed = isPublic || event.type == .stockAlert
            return switch self {
            case .room("admin_room"): event.type != .catalogueChanged
            // On an open server everybody is an admin, who is told alerts too.
            case .room("product:1"): isFollowed && event.subject.product == ProductID(1)
            case .room("product:2"): isFollowed && event.subject.product == ProductID(2)
            case .room, .everybody: isPublic
            // A product's status is an event of the product alone.
            case .variant(let id): isFollowed && event.subject.variant == VariantID(id)
            }
        }
    }

    /// A time of interest. Its ends are not known exactly where the server may have written meanwhile: what lies within the bounds may come and
    /// need not.
    private struct Span {
        let interest: Interest
        let after: ClosedRange<UInt64>
        /// Up to where everything has come, and up to where it may; `nil` while it goes on.
        var reached: UInt64
        var end: UInt64?
    }

    private var spans: [Span] = []
    private var got: [UInt64] = []
    private var merged: UInt64 = 0

    var rooms: [String] {
        spans.compactMap { span in
            if span.end == nil, case .room(let name) = span.interest { name } else { nil }
        }
    }
    var followsAnything: Bool { spans.contains { $0.end == nil && $0.interest != .everybody } }
    func follows(_ interest: Interest) -> Bool { spans.contains { $0.end == nil && $0.interest == interest } }

    /// Notes that what comes after `seqs` is of interest from now on. What is followed already goes on.
    mutating func open(_ interest: Interest, after seqs: ClosedRange<UInt64>) {
        if let index = spans.firstIndex(where: { $0.end == nil && $0.interest == interest }) {
            // It begins anew; what was told up to now stays told.
            spans[index].end = seqs.upperBound
            spans[index].reached = min(spans[index].reached, seqs.lowerBound)
        }
        spans.append(Span(interest: interest, after: seqs, reached: seqs.upperBound))
    }

    mutating func close(_ interest: Interest, between seqs: ClosedRange<UInt64>) {
        guard let index = spans.firstIndex(where: { $0.end == nil && $0.interest == interest }) else { return }
        spans[index].end = seqs.upperBound
        spans[index].reached = max(spans[index].after.upperBound, seqs.lowerBound)
    }

    /// Everything up to `seq` was sent.
    mutating func reached(_ seq: UInt64) {
        for index in spans.indices where spans[index].end == nil { spans[index].reached = seq }
    }

    mutating func got(_ seq: UInt64, merged count: UInt64) {
        got.append(seq)
        merged += count
    }

    func check(against history: [EventEnvelope]) throws {
        let seen = Set(got)
        #expect(seen.count == got.count, "something came twice")
        let known = Set(history.map(\.seq))
        #expect(seen.isSubset(of: known))
        var missing: [EventEnvelope] = []
        for event in history {
            let wanting = spans.filter { $0.interest.covers(event) }
            let isDue = wanting.contains { $0.after.upperBound < event.seq && event.seq <= $0.reached }
            let mayCome = wanting.contains { $0.after.lowerBound < event.seq && event.seq <= $0.end ?? .max }
            if seen.contains(event.seq) {
                #expect(mayCome, "\(event.type) \(event.seq) was for nobody here: \(spans)")
            } else if isDue {
                missing.append(event)
            }
        }
        // Whoever reads slowly gets the newest of what can be merged, and is told how many that stands for.
        for event in missing {
            let stands = history.contains {
                $0.seq > event.seq && seen.contains($0.seq) && $0.subject.variant == event.subject.variant
            }
            #expect(event.step?.isCrossing == false && stands, "\(event.type) \(event.seq) did not come: \(spans)")
        }
        #expect(missing.count <= merged, "\(missing.count) did not come, \(merged) were merged")
    }
}
