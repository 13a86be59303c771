extension DeviceChanged {
    func writeMembers(to json: inout JSONWriter) {
        json.key("device")
        json.string(device)
        json.key("source")
        json.string(source)
        json.key("status")
        json.string(isOnline ? "online" : "offline")
        json.key("lastSeen")
        if let lastSeen { json.timestamp(lastSeen) } else { json.null() }
        json.key("reason")
        json.string(reason)
        json.key("message")
        json.string(isOnline ? "\(device) is back" : "\(device) is offline: \(reason)")
    }
}

extension DisplayChanged {
    func writeMembers(to json: inout JSONWriter) {
        json.key("sku")
        json.string(sku)
        json.key("location")
        json.string(location)
        json.key("sink")
        json.string(sink)
        json.key("status")
        json.string(isStale ? "stale" : "current")
        json.key("wantedVersion")
        json.integer(wantedVersion)
        json.key("shownVersion")
        if let shownVersion { json.integer(shownVersion) } else { json.null() }
        json.key("message")
        json.string(
            isStale
                ? "The display of \(sku) at \(location) has not confirmed version \(wantedVersion)"
                : "The display of \(sku) at \(location) shows version \(wantedVersion)")
    }
}

extension ScanSetAside {
    func writeMembers(to json: inout JSONWriter) {
        json.key("device")
        json.string(device)
        json.key("source")
        json.string(source)
        json.key("topic")
        json.string(topic)
        json.key("file")
        json.string(file)
        json.key("message")
        json.string("A message of \(device) ended the server twice and was set aside in \(file)")
    }
}

extension SerialRepeated {
    func writeMembers(to json: inout JSONWriter) {
        json.key("productId")
        json.integer(productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.key("sku")
        json.string(sku)
        json.key("serial")
        json.string(serial)
        json.key("operation")
        json.string(operation.rawValue)
        json.key("previousSeq")
        json.integer(previousSeq)
        json.key("source")
        json.string(source)
        json.key("movementId")
        json.string(movementID)
        json.key("message")
        json.string("Serial number \(serial) of \(sku) was counted \(operation == .add ? "in" : "out") twice")
    }
}

private enum Key: String, CodingKey {
    case device, source, status, lastSeen, reason, sku, location, sink, wantedVersion, shownVersion, productId, variantId, serial
    case operation, previousSeq, movementId, topic, file
}

extension ScanSetAside: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            device: try data.decode(String.self, forKey: .device), source: try data.decode(String.self, forKey: .source),
            topic: try data.decode(String.self, forKey: .topic), file: try data.decode(String.self, forKey: .file))
    }
}

extension DeviceChanged: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            device: try data.decode(String.self, forKey: .device), source: try data.decode(String.self, forKey: .source),
            isOnline: try data.decode(String.self, forKey: .status) == "online",
            lastSeen: try data.decodeIfPresent(Timestamp.self, forKey: .lastSeen),
            reason: try data.decode(String.self, forKey: .reason))
    }
}

extension DisplayChanged: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        self.init(
            sku: try data.decode(String.self, forKey: .sku), location: try data.decode(String.self, forKey: .location),
            sink: try data.decode(String.self, forKey: .sink),
            isStale: try data.decode(String.self, forKey: .status) == "stale",
            wantedVersion: try data.decode(Int64.self, forKey: .wantedVersion),
            shownVersion: try data.decodeIfPresent(Int64.self, forKey: .shownVersion))
    }
}

extension SerialRepeated: Decodable {
    public init(from decoder: any Decoder) throws {
        let data = try decoder.container(keyedBy: Key.self)
        let variant = try data.decodeIfPresent(Int64.self, forKey: .variantId).map { VariantID($0) }
        self.init(
            productID: ProductID(try data.decode(Int64.self, forKey: .productId)),
            variantID: variant ?? decoder.userInfo[.defaultVariantID] as? VariantID ?? VariantID(0),
            isDefaultVariant: variant == nil, sku: try data.decode(String.self, forKey: .sku),
            serial: try data.decode(String.self, forKey: .serial), operation: try data.decode(Operation.self, forKey: .operation),
            previousSeq: try data.decode(UInt64.self, forKey: .previousSeq),
            source: try data.decode(String.self, forKey: .source), movementID: try data.decode(String.self, forKey: .movementId))
    }
}
