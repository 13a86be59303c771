import Foundation
import TallywireCore

/// ProGlove Streams: what a MARK scanner sends through its gateway.
///
/// Source: ProGlove Documentation, "Streams API" (docs.proglove.com), scan event of `api_version` 1.0 and 1.1.
enum ProGlove: VendorFormat {
    static let word = "proglove"

    static func isMeant(by message: JSONValue) -> Bool { message["event_type"]?.string != nil && message["api_version"] != nil }

    static func id(inMalformed message: JSONValue) -> String? { message["event_id"]?.string }

    /// Returns `nil` for events that are not scans: buttons, states, errors.
    static func payload(_ value: JSONValue) throws(MalformedScan) -> ScanPayload? {
        guard let type = value["event_type"]?.string else {
            throw MalformedScan("event_type is missing: this is no event of ProGlove")
        }
        guard type == "scan" else { return nil }
        guard let id = value["event_id"]?.string else { throw MalformedScan("event_id is missing") }
        guard let device = value["device_serial"]?.string, !device.isEmpty else { throw MalformedScan("device_serial is missing") }
        var scan = Scan(item: .code(try code(value)))
        scan.id = id
        if let time = value["time_created"] {
            guard let timestamp = DeviceTime.timestamp(time) else { throw MalformedScan("time_created is no time") }
            scan.occurredAt = timestamp
        }
        return ScanPayload(
            scans: [scan], device: device,
            feedback: .proGlove(gateway: value["gateway_serial"]?.string, device: device))
    }

    /// `scan_bytes` holds exactly the bytes that were read, GS included. `scan_code` is the same for people.
    private static func code(_ value: JSONValue) throws(MalformedScan) -> String {
        if let encoded = value["scan_bytes"]?.string {
            guard let bytes = Data(base64Encoded: encoded).map({ Array($0) }), let text = String(validating: bytes, as: UTF8.self)
            else {
                throw MalformedScan("scan_bytes is not Base64 of UTF-8")
            }
            // The check of the payload for marks does not see into Base64.
            try ScanPayload.refuseMarks(in: bytes)
            return text
        }
        guard let code = value["scan_code"]?.string else { throw MalformedScan("scan_code is missing") }
        return code
    }
}
