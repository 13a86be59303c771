import MQTTConnection
import TallywireCore
import TallywirePipeline

extension Messaging {
    /// The messages of the source `mqtt-scanners`.
    static let scanners = Messaging(
        servers: [broker], channels: scannerChannels, operations: scannerOperations, messages: scanMessages + scannerMessages,
        schemas: [("Scan", ownScan)] + replySchemas)

    private static let scannerChannels = [
        topic(
            "scan", "scanners/{device}/scan", "Scans. Retained messages are no scans, and are ignored.", [device],
            scanMessages.map(\.id)),
        Channel(
            id: "scanResponse", address: nil, summary: "The response topic that a scan names (MQTT 5).", servers: ["broker"],
            messages: ["scanAnswer"]),
        topic(
            "scanAck", "scanners/{device}/ack", "Answers to scans that name no response topic.", [device], ["scanAnswer"],
            "Not with `answers` `asked`. A ProGlove scanner whose settings have `feedback` is answered on its display instead."),
        topic(
            "scannerStatus", "scanners/{device}/status", "Whether scanners are there.", [device],
            ["scannerStatusWord", "scannerStatus"], "Retained; `offline` is the scanner's last will."),
    ]

    private static let scannerOperations = [
        Operation(
            id: "receiveScan", action: .receive, channel: "scan", summary: "Books a scan, once.", messages: scanMessages.map(\.id),
            reply: Operation.Reply(
                channel: "scanResponse", messages: ["scanAnswer"], address: "$message.header#/responseTopic"),
            bindings: delivery()),
        publishes("answerScan", "scanAck", "Answers a scan that names no response topic.", ["scanAnswer"]),
        Operation(
            id: "receiveScannerStatus", action: .receive, channel: "scannerStatus", summary: "Notes whether a scanner is there.",
            messages: ["scannerStatusWord", "scannerStatus"], bindings: delivery(retain: true)),
    ]

    private static let device: Parameter = ("device", ["description": "The scanner's name."])
}
