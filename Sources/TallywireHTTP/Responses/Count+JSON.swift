import TallywireCore
import TallywireEngine

/// The API's JSON for counts.
extension StockCount {
    /// Writes the count with its lines, and `more` after its status.
    func writeMembers(to json: inout JSONWriter, _ more: (inout JSONWriter) -> Void = { _ in }) {
        writeHead(to: &json, more)
        json.array("lines") { json in
            for line in lines { line.write(to: &json, showsExpected: showsExpected) }
        }
    }

    fileprivate func writeHead(to json: inout JSONWriter, _ more: (inout JSONWriter) -> Void) {
        json.member("countId", id)
        json.member("status", status.rawValue)
        more(&json)
        json.member("location", location)
        if let skus = terms.scope.skus {
            json.array("skus") { json in
                for sku in skus { json.string(sku) }
            }
        }
        json.member("prefix", terms.scope.prefix)
        json.member("blind", terms.isBlind)
        json.member("tolerance", terms.tolerance)
        json.member("missing", terms.missing.rawValue)
        json.member("openedBy", terms.openedBy)
        json.member("openedAt", terms.openedAt)
        json.member("by", by)
        json.member("changedAt", at)
    }
}

extension StockCount.Line {
    fileprivate func write(to json: inout JSONWriter, showsExpected: Bool) {
        json.object { json in
            json.member("sku", sku)
            json.member("variantId", variant.rawValue)
            json.member("productId", product.rawValue)
            json.member("counted", counted)
            json.member("countedAt", countedAt)
            json.member("parts", parts)
            guard showsExpected else { return }
            json.member("expected", expected)
            json.member("variance", variance)
            if isAbsorbed { json.member("absorbed", true) }
        }
    }
}

extension CountRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            count.writeHead(to: &json) { _ in }
            json.member("lineCount", Int64(lines))
        }
    }
}

extension Receipt {
    /// Writes the count as it is after a change, with the lines that the change is about and the id of the change.
    func writeCount(to json: inout JSONWriter) {
        guard let count else { return write(to: &json) }
        json.object { json in
            count.writeMembers(to: &json) { json in
                json.key("seq")
                if let seq { json.integer(seq) } else { json.null() }
                json.member("movementId", movementID)
                if status == .duplicate { json.member("duplicate", true) }
            }
        }
    }
}
