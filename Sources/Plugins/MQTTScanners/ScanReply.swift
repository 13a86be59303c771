import TallywireCore

/// The answer to a scan, as the scanner gets it.
struct ScanReply: Equatable, Sendable {
    /// The id that the scanner gave, or the one that was made for it.
    let id: String
    let outcome: Outcome
    /// Whether an array was sent, which is answered with a line for each change.
    var isList = false

    /// `{"id","status","seq","sku","stock","code","message","lines"}`, without the keys that do not apply.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.key("id")
            json.string(id)
            json.key("status")
            switch outcome {
            case .applied(let receipt): write(receipt, to: &json)
            case .rejected(let rejection):
                json.string("rejected")
                json.key("code")
                json.string(rejection.code.rawValue)
                json.key("message")
                json.string(rejection.field.map { "\($0): \(rejection.message)" } ?? rejection.message)
            }
        }
        return json.bytes
    }

    private func write(_ receipt: Receipt, to json: inout JSONWriter) {
        json.string(receipt.status.rawValue)
        if let seq = receipt.seq {
            json.key("seq")
            json.integer(seq)
        }
        if let line = receipt.lines.first {
            json.key("sku")
            json.string(line.sku)
            json.key("stock")
            json.integer(line.stock)
        }
        guard isList else { return }
        json.key("lines")
        json.array { json in
            for line in receipt.lines {
                json.object { json in
                    json.key("seq")
                    json.integer(line.seq)
                    json.key("sku")
                    json.string(line.sku)
                    json.key("stock")
                    json.integer(line.stock)
                    json.key("location")
                    json.string(line.location)
                    json.key("locationStock")
                    json.integer(line.locationStock)
                }
            }
        }
    }
}
