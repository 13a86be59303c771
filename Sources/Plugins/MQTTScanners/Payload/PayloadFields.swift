import TallywireCore

/// Where a device's JSON has the values that make a scan, as JSON pointers (RFC 6901): for devices of vendors that Tallywire does
/// not know.
struct PayloadFields: Equatable, Sendable {
    /// The array of reads, from which the other pointers start; `nil` if the message is one read.
    var items: JSONPointer?
    var code: JSONPointer
    var id: JSONPointer?
    var quantity: JSONPointer?
    var time: JSONPointer?
    /// Who scanned; this pointer starts at the message's root.
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

extension PayloadFields: Decodable {
    private enum Key: String, CodingKey { case items, code, id, quantity, time, device, tags }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func pointer(_ key: Key) throws -> JSONPointer? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
            guard let pointer = JSONPointer(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "“\(text)” is no JSON pointer: it begins with /, as in /data/barcode")
            }
            return pointer
        }
        guard let code = try pointer(.code) else {
            throw DecodingError.dataCorruptedError(forKey: .code, in: container, debugDescription: "code is missing")
        }
        self.init(
            items: try pointer(.items), code: code, id: try pointer(.id), quantity: try pointer(.quantity),
            time: try pointer(.time),
            device: try pointer(.device), isTag: try container.decodeIfPresent(Bool.self, forKey: .tags) ?? false)
    }
}
