import RoomHub
import TallywireCore
import TallywireEngine

extension EventEncoding {
    /// Events as Socket.IO sends them: `42["inventory_updated",{…data…},"EPOCH:SEQ"]`.
    ///
    /// The last argument is the client's offset for connection state recovery, as clients from 4.6 on expect it. Every client gets it,
    /// so that all share the same bytes; a listener with one parameter does not see it. If events were merged into this one, `data`
    /// begins with `conflated`, which says how many.
    static func socketIO(epoch: String) -> EventEncoding {
        var quoted = JSONWriter(capacity: 64)
        quoted.string(epoch)
        let offset = quoted.bytes.dropLast()
        return EventEncoding { json, event in
            var payload: [UInt8] = []
            payload.reserveCapacity(json.count + offset.count + 32)
            payload.append(contentsOf: "42[\"\(event.type.rawValue)\",".utf8)
            // `data` is the last member of an event.
            let data = json.withUnsafeBufferPointer(\.dataObject).map { json[$0..<(json.count - 1)] } ?? json[...]
            if event.merged == 0 {
                payload.append(contentsOf: data)
            } else {
                payload.append(contentsOf: "{\"conflated\":\(event.merged)".utf8)
                if data.count > 2 { payload.append(UInt8(ascii: ",")) }
                payload.append(contentsOf: data.dropFirst())
            }
            payload.append(UInt8(ascii: ","))
            payload.append(contentsOf: offset)
            payload.append(contentsOf: ":\(event.seq)\"]".utf8)
            return payload
        }
    }
}
