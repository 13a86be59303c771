import Foundation
import TallywireCore
import TallywirePipeline

/// ProGlove Streams: what a MARK scanner sends through its gateway.
///
/// Source: ProGlove Documentation, "Streams API" (docs.proglove.com), scan event of `api_version` 1.0 and 1.1.
enum ProGlove: VendorFormat {
    static let word = "proglove"

    static let message = Messaging.scan(
        "proGloveScan", "An event of ProGlove Streams; `event_id` is the movement's id. Only `scan` is one.",
        Messaging.vendor(
            ["api_version", "event_type", "event_id", "device_serial"],
            [
                ("api_version", ["type": "string"]), ("event_type", ["type": "string"]), ("event_id", ["type": "string"]),
                ("time_created", ["type": "integer"]), ("device_serial", ["type": "string"]),
                ("scan_code", ["type": "string"]), ("scan_bytes", ["type": "string", "description": "Base64"]),
            ]), correlation: "$message.payload#/event_id",
        examples: [
            .init(
                "scan",
                [
                    "api_version": "1.0", "event_type": "scan", "event_id": "02114da8-feae-46e3-8b00-a3f7ea8672df",
                    "time_created": 1_763_829_599_000, "device_serial": "M2MR111100928", "scan_code": "4006381333931",
                ])
        ])

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
