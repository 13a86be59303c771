/// The wire format of receipts, in HTTP responses and in the journal.
extension Receipt {
    public func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }

    public func writeMembers(to json: inout JSONWriter) {
        json.member("movementId", movementID)
        json.member("status", status.rawValue)
        json.key("seq")
        if let seq { json.integer(seq) } else { json.null() }
        json.member("productId", product?.rawValue)
        json.member("variantId", variant?.rawValue)
        json.array("lines") { json in
            for line in lines { line.write(to: &json) }
        }
        if let reservation {
            json.key("reservation")
            reservation.write(to: &json)
        }
        if let count {
            json.key("count")
            count.write(to: &json)
        }
    }
}

extension Receipt.Line {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("sku", sku)
            json.member("productId", productID.rawValue)
            json.member("variantId", variantID.rawValue)
            json.member("operation", operation.rawValue)
            json.member("quantity", quantity)
            json.member("location", location)
            if showsStock {
                json.member("stock", stock)
                json.member("previousStock", previousStock)
                json.member("locationStock", locationStock)
                json.member("level", level.rawValue)
            }
            json.member("version", version)
            json.member("seq", seq)
            json.member("repeatedSerial", repeatedSerial)
            json.member("countId", report?.count)
            json.member("counted", report?.counted)
        }
    }
}

extension Rejection {
    /// Writes the members `code`, `message`, `field` and `available`. Members without a value are left out.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("code", code.rawValue)
            json.member("message", message)
            json.member("field", field)
            json.member("available", available)
        }
    }
}

extension Outcome {
    /// Writes `{"receipt":…}` or `{"rejection":…}`, the format in which a journal stores an answer; for a rejected movement with
    /// what it asked.
    public func write(to json: inout JSONWriter, asked: JSONValue? = nil) {
        json.object { json in
            switch self {
            case .applied(let receipt):
                json.key("receipt")
                receipt.write(to: &json)
            case .rejected(let rejection):
                json.key("rejection")
                rejection.write(to: &json)
                if let asked {
                    json.key("asked")
                    asked.write(to: &json)
                }
            }
        }
    }
}

extension Outcome: Decodable {
    private enum Key: String, CodingKey { case receipt, rejection }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let receipt = try container.decodeIfPresent(Receipt.self, forKey: .receipt) {
            self = .applied(receipt)
        } else {
            self = .rejected(try container.decode(Rejection.self, forKey: .rejection))
        }
    }
}

extension Receipt: Decodable {
    private enum Key: String, CodingKey { case movementId, status, seq, lines, productId, variantId, reservation, count }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            movementID: try container.decode(String.self, forKey: .movementId),
            status: try container.decode(Status.self, forKey: .status),
            seq: try container.decodeIfPresent(UInt64.self, forKey: .seq),
            lines: try container.decode([Line].self, forKey: .lines),
            product: try container.decodeIfPresent(Int64.self, forKey: .productId).map { ProductID($0) },
            variant: try container.decodeIfPresent(Int64.self, forKey: .variantId).map { VariantID($0) },
            reservation: try container.decodeIfPresent(Reservation.self, forKey: .reservation),
            count: try container.decodeIfPresent(StockCount.self, forKey: .count))
    }
}

extension Receipt.Line: Decodable {
    private enum Key: String, CodingKey {
        case seq, sku, productId, variantId, operation, quantity, location, stock, previousStock, locationStock, level, version
        case repeatedSerial, countId, counted
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        // Only the lines of a blind count do not say what is there.
        let stock = try container.decodeIfPresent(Int64.self, forKey: .stock)
        let report = try container.decodeIfPresent(String.self, forKey: .countId).map { id in
            Report(count: id, counted: try container.decode(Int64.self, forKey: .counted), isBlind: stock == nil)
        }
        self.init(
            seq: try container.decode(UInt64.self, forKey: .seq), sku: try container.decode(String.self, forKey: .sku),
            productID: ProductID(try container.decode(Int64.self, forKey: .productId)),
            variantID: VariantID(try container.decode(Int64.self, forKey: .variantId)),
            operation: try container.decode(Operation.self, forKey: .operation),
            quantity: try container.decode(Int64.self, forKey: .quantity),
            location: try container.decode(String.self, forKey: .location), stock: stock ?? 0,
            previousStock: try container.decodeIfPresent(Int64.self, forKey: .previousStock) ?? 0,
            locationStock: try container.decodeIfPresent(Int64.self, forKey: .locationStock) ?? 0,
            level: try container.decodeIfPresent(StockLevel.self, forKey: .level) ?? .out,
            version: try container.decode(Int64.self, forKey: .version),
            repeatedSerial: try container.decodeIfPresent(UInt64.self, forKey: .repeatedSerial),
            report: report)
    }
}

extension Rejection: Decodable {
    private enum Key: String, CodingKey { case code, message, field, available }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            try container.decode(Code.self, forKey: .code), try container.decode(String.self, forKey: .message),
            field: try container.decodeIfPresent(String.self, forKey: .field),
            available: try container.decodeIfPresent(Int64.self, forKey: .available))
    }
}
