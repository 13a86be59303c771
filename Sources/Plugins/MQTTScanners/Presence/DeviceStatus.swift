import TallywireCore

/// What a device says about itself on its status topic: `online`, `offline`, or JSON with more members.
struct DeviceStatus: Equatable, Sendable {
    var isOnline: Bool
    /// The number of the device's MQTT connection, which grows. By this number a late will is told from a status of a newer
    /// connection.
    var session: Int64?
    /// In percent.
    var battery: Int?
    var firmware: String?
    var model: String?

    /// Reads a payload. Throws with what is wrong.
    init(_ payload: [UInt8]) throws(MalformedScan) {
        try ScanPayload.refuseMarks(in: payload)
        let trimmed = ScanPayload.trimmed(payload)
        guard trimmed.first == UInt8(ascii: "{") else {
            try self.init(word: String(decoding: trimmed.prefix(64), as: UTF8.self))
            return
        }
        let value: JSONValue
        do throws(JSONReader.Mistake) { value = try JSONReader.value(of: Array(trimmed)) } catch { throw MalformedScan(error) }
        guard let word = value["status"]?.string else { throw MalformedScan("status is missing: online or offline") }
        try self.init(word: word)
        session = value["session"]?.integer
        battery = value["battery"]?.integer.flatMap { (0...100).contains($0) ? Int($0) : nil }
        firmware = value["firmware"]?.string.map { String($0.prefix(64)) }
        model = value["model"]?.string.map { String($0.prefix(64)) }
    }

    private init(word: String) throws(MalformedScan) {
        switch word.lowercased() {
        case "online": isOnline = true
        case "offline": isOnline = false
        default: throw MalformedScan("a status is online or offline, or JSON with a status")
        }
    }
}
