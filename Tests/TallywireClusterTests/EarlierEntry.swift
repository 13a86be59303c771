import Foundation
import TallywireCluster
import TallywireCore
import TallywireEngine

/// An entry in the format 1, as the program wrote it when answers were still encoded with each entry.
enum EarlierEntry {
    static var bytes: [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }

    private static let base64 =
        """
        VFdFAAEotS/9ZFgB5QwAthlVOGBpkw5h4OcSBMFjEcAg5wAoHEBI6YRs2Z/strWzaJtcck8L8XwDAIVvgoHeKRFBIk8YMCjlb1buSwBCAEYADdFG++tndxMa\
        GcORxFxip89jh+elpbC1QlUNJDanATSUUgRWYiKJWNgJwoH9gvuSgMZWCwgRFkzINAw0EBf5edrjgQQId7fLI8CAPJ+vB/aLIyUmkghHwi8Hdgz6aGzQxded\
        a2eP8tE2+ZFfTdPebNFX40BOzufrkrNDl75Ewd4cH/yKHFh3/ODztLMH6w0yGbTCkEEmo4AlPgsq49nZ0roZ85WARn7Oq1Sgju/s7KRzyWEFPC+tAwa1tUFB\
        7DRRJgQ9Ofr6RZ4dcsTw66FhoiH5ogwWCR1ba62N0eDTzz0aW2tdmNjduRU7t61SjgYSHaumiTKdNtOzszMh2ZfYHV+6fU0RdoYVDb4Wta9TIhTsDvKrPBoA\
        M0Ip/TEwa1h+rSpg2aFtbIiGjZmyo0GsLFYDa+zQmhXzhHsgr6i2WDMr8C5xUPKsGC4S14XDYH01HMgIMgvIJALkAZg0JLc=
        """

    /// What was encoded.
    static var entry: LogEntry {
        let line = Receipt.Line(
            seq: 40, sku: "A", productID: ProductID(1), variantID: VariantID(11), operation: .add, quantity: 3, location: "MAIN",
            stock: 5, previousStock: 2, locationStock: 5, level: .ok, version: 7)
        let receipt = StoredAnswer(
            id: "scan-1", fingerprint: CommandFingerprint(written: 0, resolved: .max),
            outcome: .applied(Receipt(movementID: "scan-1", seq: 40, lines: [line])), timestamp: Timestamp(milliseconds: .max),
            reversedBy: "scan-9")
        let batch = LogBatch(
            events: [
                LogEvent(json: Array(#"{"seq":39}"#.utf8), alertLocation: "MAIN", defaultVariant: VariantID(11)),
                LogEvent(json: []),
            ],
            answers: [receipt, rejection], reversals: ["b": "r", "a": "r", "": ""],
            serials: [SerialCount(key: .init(variant: VariantID(-1), serial: "S"), direction: .out, seq: .max)],
            positions: ["log": 9, "displays": .max], timestamp: Timestamp(milliseconds: 1_795_365_600_000), clockOffset: .min)
        return LogEntry(index: 12, term: Term(7), node: "kasse-ü", id: "append-1", lastSeq: 40, content: .batch(batch))
    }

    static var rejection: StoredAnswer {
        StoredAnswer(
            id: "scan-2", fingerprint: CommandFingerprint(written: .max, resolved: 1),
            outcome: .rejected(Rejection(.insufficientStock, "nothing “left”", field: "lines[0]", available: 0)),
            timestamp: Timestamp(milliseconds: -5), asked: ["source": "test", "lines": [["sku": "A", "quantity": 3]]], nonce: "n-1")
    }
}
