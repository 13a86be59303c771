extension DeviceChanged {
    func writeMembers(to json: inout JSONWriter) {
        json.member("device", device)
        json.member("source", source)
        json.member("status", isOnline ? "online" : "offline")
        json.key("lastSeen")
        if let lastSeen { json.timestamp(lastSeen) } else { json.null() }
        json.member("reason", reason)
        json.member("message", isOnline ? "\(device) is back" : "\(device) is offline: \(reason)")
    }
}

extension DisplayChanged {
    func writeMembers(to json: inout JSONWriter) {
        json.member("sku", sku)
        json.member("location", location)
        json.member("sink", sink)
        json.member("status", isStale ? "stale" : "current")
        json.member("wantedVersion", wantedVersion)
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
        json.member("device", device)
        json.member("source", source)
        json.member("topic", topic)
        json.member("file", file)
        json.member("message", "A message of \(device) ended the server twice and was set aside in \(file)")
    }
}

extension SerialRepeated {
    func writeMembers(to json: inout JSONWriter) {
        json.member("productId", productID.rawValue)
        json.writeVariant(variantID, isDefault: isDefaultVariant)
        json.member("sku", sku)
        json.member("serial", serial)
        json.member("operation", operation.rawValue)
        json.member("previousSeq", previousSeq)
        json.member("source", source)
        json.member("movementId", movementID)
        json.member("message", "Serial number \(serial) of \(sku) was counted \(operation == .add ? "in" : "out") twice")
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
