import TallywireCore
import TallywireEngine

extension Audience {
    /// An event's JSON as this audience sees it, `nil` if it sees nothing of it: the stock moved within a band.
    func json(of envelope: EventEnvelope, _ step: StockStep?) -> [UInt8]? {
        if seesAll { return envelope.json }
        if let bands, let step, step.isMovement, bands.band(of: step.before) == bands.band(of: step.after) { return nil }
        return envelope.json.withUnsafeBufferPointer { bytes in
            guard let data = bytes.dataObject else { return nil }
            var json = [UInt8](bytes[..<(data + 1)])
            json.reserveCapacity(bytes.count + 16)
            var members = JSONMembers(bytes, objectAt: data)
            var isFirst = true
            while let (key, value) = members.next() {
                let name = String(decoding: bytes[key], as: UTF8.self)
                guard sees(name) else { continue }
                if !isFirst { json.append(UInt8(ascii: ",")) }
                isFirst = false
                if name == "stock", let bands, let stock = bytes.integer(at: value) {
                    json.append(contentsOf: bands.members(of: stock).utf8)
                } else {
                    json.append(contentsOf: bytes[(key.lowerBound - 1)..<value.upperBound])
                }
            }
            json.append(contentsOf: "}}".utf8)
            return json
        }
    }
}

extension EventEnvelope {
    /// The stock before and after, if it is an `inventory_updated`.
    var step: StockStep? { type == .inventoryUpdated ? StockStep(json) : nil }
}
