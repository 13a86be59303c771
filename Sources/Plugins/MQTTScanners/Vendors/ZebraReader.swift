import TallywireCore
import TallywirePipeline

/// Zebra's fixed readers FX7500 and FX9600 with the IoT Connector: tag data events, one or an array of them.
///
/// Source: Zebra IoT Connector documentation, tag data event: `data.idHex`, `data.format`, `timestamp`, `type`.
enum ZebraReader: VendorFormat {
    static let word = "zebra-reader"

    static let message = Messaging.scan(
        "zebraReaderScan", "Tag data events of a Zebra FX reader with the IoT Connector: each tag counts once in `tagWindow`.",
        JSONSchema.list(
            of: Messaging.vendor(
                ["data"],
                [
                    (
                        "data",
                        Messaging.vendor(
                            ["idHex"],
                            [("idHex", ["type": "string", "pattern": "^[0-9A-Fa-f]+$"]), ("format", ["type": "string"])])
                    )
                ]), 1, Limits.linesPerMovement),
        examples: [
            .init("tags", [["data": ["format": "epc", "idHex": "30340F5C0C2E3C0000000007"], "type": "SIMPLE"]])
        ])

    static func isMeant(by message: JSONValue) -> Bool { message["data"]?["idHex"] != nil }

    /// Returns `nil` if no event has a tag's EPC.
    static func payload(_ value: JSONValue) throws(MalformedScan) -> ScanPayload? {
        let events = value.array ?? [value]
        var scans: [Scan] = []
        for (index, event) in events.enumerated() {
            let place = value.array == nil ? "" : "[\(index)]."
            guard let data = event["data"] else {
                throw MalformedScan("\(place)data is missing: this is no tag data event of the IoT Connector")
            }
            // Other formats report user memory or the tag's own number.
            if let format = data["format"]?.string, format != "epc" { continue }
            guard let epc = data["idHex"]?.string else { throw MalformedScan("\(place)data.idHex is missing") }
            var scan = Scan(item: .tag(epc))
            scan.occurredAt = event["timestamp"].flatMap { DeviceTime.timestamp($0) }
            scans.append(scan)
        }
        return scans.isEmpty ? nil : ScanPayload(scans: scans, grouping: .apart)
    }
}
