import TallywireCore

/// As plugins.json writes it: a word, or an object of pointers.
extension PayloadFormat: Decodable {
    /// The words, by what they mean.
    static let words: [(word: String, format: PayloadFormat)] = [
        ("auto", .automatic), ("tallywire", .tallywire), ("proglove", .proGlove), ("zebra-sled", .zebraSled),
        ("zebra-reader", .zebraReader),
    ]

    init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard let format = Self.words.first(where: { $0.word == word })?.format else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "“\(word)” is no payload"))
            }
            self = format
        } else {
            self = .fields(try PayloadFields(from: decoder))
        }
    }
}

extension PayloadFields: Decodable {
    private enum Key: String, CodingKey { case items, code, id, quantity, time, device, tags }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func pointer(_ key: Key) throws -> JSONPointer? {
            guard let text = try container.decodeIfPresent(String.self, forKey: key) else { return nil }
            guard let pointer = JSONPointer(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "“\(text)” is no JSON pointer: it begins with /, as in /data/barcode")
            }
            return pointer
        }
        guard let code = try pointer(.code) else {
            throw DecodingError.dataCorruptedError(forKey: .code, in: container, debugDescription: "code is missing")
        }
        self.init(
            items: try pointer(.items), code: code, id: try pointer(.id), quantity: try pointer(.quantity),
            time: try pointer(.time),
            device: try pointer(.device), isTag: try container.decodeIfPresent(Bool.self, forKey: .tags) ?? false)
    }
}
