/// The wire format of receipts, in answers of the HTTP API and in the journal.
extension Receipt {
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("movementId")
            json.string(movementID)
            json.key("status")
            json.string(status.rawValue)
            json.key("seq")
            if let seq { json.integer(seq) } else { json.null() }
            if let product {
                json.key("productId")
                json.integer(product.rawValue)
            }
            if let variant {
                json.key("variantId")
                json.integer(variant.rawValue)
            }
            json.key("lines")
            json.array { json in
                for line in lines { line.write(to: &json) }
            }
        }
    }
}

extension Receipt.Line {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("sku")
            json.string(sku)
            json.key("productId")
            json.integer(productID.rawValue)
            json.key("variantId")
            json.integer(variantID.rawValue)
            json.key("operation")
            json.string(operation.rawValue)
            json.key("quantity")
            json.integer(quantity)
            json.key("location")
            json.string(location)
            json.key("stock")
            json.integer(stock)
            json.key("previousStock")
            json.integer(previousStock)
            json.key("locationStock")
            json.integer(locationStock)
            json.key("level")
            json.string(level.rawValue)
            json.key("version")
            json.integer(version)
            json.key("seq")
            json.integer(seq)
            if let repeatedSerial {
                json.key("repeatedSerial")
                json.integer(repeatedSerial)
            }
        }
    }
}

extension Rejection {
    /// Writes the members `code`, `message`, `field` and `available`, those that there are.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("code")
            json.string(code.rawValue)
            json.key("message")
            json.string(message)
            if let field {
                json.key("field")
                json.string(field)
            }
            if let available {
                json.key("available")
                json.integer(available)
            }
        }
    }
}

extension Outcome {
    /// Writes `{"receipt":…}` or `{"rejection":…}`, the form in which a journal keeps an answer.
    public func write(to json: inout JSONWriter) {
        json.object { json in
            switch self {
            case .applied(let receipt):
                json.key("receipt")
                receipt.write(to: &json)
            case .rejected(let rejection):
                json.key("rejection")
                rejection.write(to: &json)
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
    private enum Key: String, CodingKey { case movementId, status, seq, lines, productId, variantId }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            movementID: try container.decode(String.self, forKey: .movementId),
            status: try container.decode(Status.self, forKey: .status),
            seq: try container.decodeIfPresent(UInt64.self, forKey: .seq),
            lines: try container.decode([Line].self, forKey: .lines),
            product: try container.decodeIfPresent(Int64.self, forKey: .productId).map { ProductID($0) },
            variant: try container.decodeIfPresent(Int64.self, forKey: .variantId).map { VariantID($0) })
    }
}

extension Receipt.Line: Decodable {
    private enum Key: String, CodingKey {
        case seq, sku, productId, variantId, operation, quantity, location, stock, previousStock, locationStock, level, version
        case repeatedSerial
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            seq: try container.decode(UInt64.self, forKey: .seq), sku: try container.decode(String.self, forKey: .sku),
            productID: ProductID(try container.decode(Int64.self, forKey: .productId)),
            variantID: VariantID(try container.decode(Int64.self, forKey: .variantId)),
            operation: try container.decode(Operation.self, forKey: .operation),
            quantity: try container.decode(Int64.self, forKey: .quantity),
            location: try container.decode(String.self, forKey: .location), stock: try container.decode(Int64.self, forKey: .stock),
            previousStock: try container.decode(Int64.self, forKey: .previousStock),
            locationStock: try container.decode(Int64.self, forKey: .locationStock),
            level: try container.decode(StockLevel.self, forKey: .level),
            version: try container.decode(Int64.self, forKey: .version),
            repeatedSerial: try container.decodeIfPresent(UInt64.self, forKey: .repeatedSerial))
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
