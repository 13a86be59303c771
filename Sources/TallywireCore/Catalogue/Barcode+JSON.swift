extension Barcode {
    /// Writes `"4006381333931"` for a single item, `{"code":"…","units":12}` for a pack.
    public func write(to json: inout JSONWriter) {
        if units == 1 { return json.string(code) }
        json.object { json in
            json.member("code", code)
            json.member("units", units)
        }
    }
}

extension Barcode: Codable {
    private enum Key: String, CodingKey { case code, units }

    /// Reads `"4006381333931"` or `{"code":"…","units":12}`.
    public init(from decoder: any Decoder) throws {
        if let code = try? decoder.singleValueContainer().decode(String.self) {
            self.init(code: code)
        } else {
            let object = try decoder.container(keyedBy: Key.self)
            self.init(
                code: try object.decode(String.self, forKey: .code),
                units: try object.decodeIfPresent(Int64.self, forKey: .units) ?? 1)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(code, forKey: .code)
        try object.encode(units, forKey: .units)
    }
}
