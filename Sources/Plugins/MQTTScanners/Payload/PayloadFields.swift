import TallywireCore

/// Where in a device's JSON the things stand that make a scan, as JSON pointers (RFC 6901): for devices that nobody has heard of yet.
struct PayloadFields: Equatable, Sendable {
    /// The array of reads, from where the other pointers then start; `nil` if the message is one read.
    var items: JSONPointer?
    var code: JSONPointer
    var id: JSONPointer?
    var quantity: JSONPointer?
    var time: JSONPointer?
    /// Who scanned, from the message's beginning.
    var device: JSONPointer?
    /// Whether the code is the memory of an RFID tag in hexadecimal.
    var isTag = false

    func payload(_ value: JSONValue) throws(MalformedScan) -> ScanPayload {
        let device = self.device.flatMap { value.value(at: $0)?.code }
        guard let items else { return ScanPayload(scans: [try scan(value, at: "")], device: device) }
        guard let reads = value.value(at: items)?.array else { throw MalformedScan("there is no array at items") }
        guard !reads.isEmpty else { throw MalformedScan("the array at items is empty") }
        var scans: [Scan] = []
        for (index, read) in reads.enumerated() { scans.append(try scan(read, at: "items[\(index)]: ")) }
        return ScanPayload(scans: scans, grouping: .apart, device: device)
    }

    private func scan(_ value: JSONValue, at place: String) throws(MalformedScan) -> Scan {
        guard let text = value.value(at: code)?.code else { throw MalformedScan("\(place)there is no string or number at code") }
        var scan = Scan(item: isTag ? .tag(text) : .code(text))
        if let id, let found = value.value(at: id), found != .null {
            guard let text = found.code else { throw MalformedScan("\(place)what stands at id is no string or number") }
            scan.id = text
        }
        if let quantity, let found = value.value(at: quantity) {
            guard let number = found.integer ?? found.string.flatMap({ Int64($0) }) else {
                throw MalformedScan("\(place)what stands at quantity is no whole number")
            }
            scan.quantity = number
        }
        if let time, let found = value.value(at: time), found != .null {
            guard let timestamp = DeviceTime.timestamp(found) else {
                throw MalformedScan("\(place)what stands at time is neither RFC 3339 nor seconds or milliseconds since 1970")
            }
            scan.occurredAt = timestamp
        }
        return scan
    }
}
