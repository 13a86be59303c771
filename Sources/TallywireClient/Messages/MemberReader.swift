import TallywireCore

/// Reads the members of one JSON object.
struct MemberReader {
    private let members: [String: JSONValue]

    init(_ value: JSONValue) {
        members = Dictionary((value.object ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    private func missing(_ name: String) -> TallywireClient.Failure {
        .init(.invalidMessage, "the server sent a message without “\(name)”")
    }

    func has(_ name: String) -> Bool { members[name] != nil }
    func value(_ name: String) -> JSONValue? { members[name] }
    func string(_ name: String) -> String? { members[name]?.string }
    func integer(_ name: String) -> Int64? { members[name]?.integer }

    func flag(_ name: String) -> Bool? {
        if case .bool(let flag)? = members[name] { flag } else { nil }
    }

    func price(_ name: String) -> Price? {
        if case .number(let text)? = members[name] { Price(text) } else { nil }
    }

    func time(_ name: String) -> Timestamp? { string(name).flatMap { Timestamp($0) } }

    /// A word of a closed set; `nil` also for a word that this version does not know.
    func word<Word: RawRepresentable<String>>(_ name: String) -> Word? { string(name).flatMap { Word(rawValue: $0) } }

    func number(_ name: String) throws -> Int64 {
        guard let number = integer(name) else { throw missing(name) }
        return number
    }

    func seq() throws -> UInt64 {
        guard let seq = UInt64(exactly: try number("seq")) else { throw missing("seq") }
        return seq
    }

    func key() throws -> TallywireClient.ItemKey {
        TallywireClient.ItemKey(product: ProductID(try number("productId")), variant: integer("variantId").map { VariantID($0) })
    }

    /// `stock`, if it is the name of a band.
    var band: TallywireClient.Band? {
        switch string("stock") {
        case "out": .out
        case "few": .few(atMost: integer("stockAtMost"))
        case .some: .inStock(moreThan: integer("stockMoreThan"))
        case nil: nil
        }
    }
}
