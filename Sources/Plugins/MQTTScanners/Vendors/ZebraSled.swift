import TallywireCore
import TallywirePipeline

/// Zebra's RFD40 and RFD90 sleds: `dataEVT`, with the reads since the last event.
///
/// Source: Zebra TechDocs, "RFD40/RFD90 MQTT", tag data event: `data.barcodeData[].decodedBarcode`, `data.tagData[].EPCid`.
enum ZebraSled: VendorFormat {
    static let word = "zebra-sled"

    static let message = Messaging.scan(
        "zebraSledScan", "A data event of a Zebra RFD40 or RFD90: each barcode and tag is a movement of its own.",
        Messaging.vendor(
            ["data"],
            [
                (
                    "data",
                    Messaging.vendor(
                        [],
                        [
                            (
                                "barcodeData",
                                JSONSchema.list(of: Messaging.vendor(["decodedBarcode"], [("decodedBarcode", Messaging.code)]))
                            ),
                            ("tagData", JSONSchema.list(of: Messaging.vendor([], [("EPCid", ["type": "string"])]))),
                        ]) + ["anyOf": [["required": ["barcodeData"]], ["required": ["tagData"]]]]
                )
            ]),
        examples: [.init("barcode", ["data": ["barcodeData": [["decodedBarcode": "4006381333931"]]]])])

    static func isMeant(by message: JSONValue) -> Bool {
        guard let data = message["data"] else { return false }
        return data["barcodeData"] != nil || data["tagData"] != nil
    }

    /// Returns `nil` if the event has no reads.
    static func payload(_ value: JSONValue) throws(MalformedScan) -> ScanPayload? {
        guard let data = value["data"] else { throw MalformedScan("data is missing: this is no data event of an RFD40 or RFD90") }
        let time = value["timestamp"].flatMap { DeviceTime.timestamp($0) }
        var scans: [Scan] = []
        for (index, record) in (data["barcodeData"]?.array ?? []).enumerated() {
            guard let code = record["decodedBarcode"]?.code else {
                throw MalformedScan("data.barcodeData[\(index)].decodedBarcode is missing")
            }
            scans.append(Scan(item: .code(code)))
        }
        // A record without an EPC reports a tag whose memory was not read.
        for record in data["tagData"]?.array ?? [] {
            if let epc = record["EPCid"]?.string { scans.append(Scan(item: .tag(epc))) }
        }
        guard !scans.isEmpty else { return nil }
        for index in scans.indices { scans[index].occurredAt = time }
        return ScanPayload(scans: scans, grouping: .apart)
    }
}
