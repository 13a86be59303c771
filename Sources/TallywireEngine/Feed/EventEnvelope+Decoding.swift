import Foundation
import TallywireCore

extension EventEnvelope {
    /// The event itself: as decided, or decoded from ``json``. A line that a journal damaged throws `DecodingError`.
    public func event() throws -> Event {
        if let decided { return decided }
        let decoder = JSONDecoder()
        if let variant = subject.variant { decoder.userInfo[.defaultVariantID] = variant }
        return try decoder.decode(Event.self, from: Data(json))
    }
}
