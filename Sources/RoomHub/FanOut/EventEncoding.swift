import NIOCore
import TallywireCore
import TallywireEngine

/// How a protocol writes one event for one audience: the payload of one text frame.
///
/// A hub is given its encoding when it is made. The encoding is called once for each event and audience of a pass, and for what a
/// slow client still has to be sent; never for each connection.
package struct EventEncoding: Sendable {
    /// The payload for an event's JSON as its audience sees it. `merged` says how many earlier events were merged into it.
    package let payload: @Sendable (_ json: [UInt8], _ event: Event) -> [UInt8]

    /// What an encoding may need beside the JSON.
    package struct Event: Sendable {
        package let seq: UInt64
        package let type: EventType
        /// How many earlier events were merged into it.
        package let merged: Int

        package init(seq: UInt64, type: EventType, merged: Int) {
            self.seq = seq
            self.type = type
            self.merged = merged
        }
    }

    package init(payload: @escaping @Sendable (_ json: [UInt8], _ event: Event) -> [UInt8]) { self.payload = payload }

    /// The event's JSON itself, with `conflated` after its `seq` if events were merged into it.
    package static let message = EventEncoding { json, event in
        event.merged == 0 ? json : conflated(json, event.merged)
    }

    /// An event's JSON with `"conflated":n` after its `seq`, which is its second member.
    private static func conflated(_ json: [UInt8], _ merged: Int) -> [UInt8] {
        let place = json.withUnsafeBufferPointer { bytes in
            var members = JSONMembers(bytes, objectAt: 0)
            while let (key, value) = members.next() {
                if bytes.holds("seq", at: key) { return value.upperBound }
            }
            return 1
        }
        var result = json
        result.insert(contentsOf: ",\"conflated\":\(merged)".utf8, at: place)
        return result
    }
}
