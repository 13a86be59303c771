/// One broker or several, of which the first that accepts the connection is used. A file has one URL or a list of them.
public struct BrokerAddresses: Equatable, Sendable {
    /// The brokers in the order in which they are tried. There is at least one.
    public let all: [BrokerAddress]

    /// Throws ``MQTTError/Code/invalidOptions`` if `all` is empty.
    public init(_ all: [BrokerAddress]) throws(MQTTError) {
        guard !all.isEmpty else { throw MQTTError(.invalidOptions, "a list of brokers needs one at least") }
        self.all = all
    }

    public init(_ address: BrokerAddress) { all = [address] }

    /// The broker that is tried first.
    public var first: BrokerAddress { all[0] }
}

extension BrokerAddresses: CustomStringConvertible {
    /// The URLs without users and passwords.
    public var description: String { all.map(\.description).joined(separator: ", ") }
}

extension BrokerAddresses: Decodable {
    public init(from decoder: any Decoder) throws {
        guard var list = try? decoder.unkeyedContainer() else {
            self.init(try BrokerAddress(from: decoder))
            return
        }
        var all: [BrokerAddress] = []
        while !list.isAtEnd { all.append(try list.decode(BrokerAddress.self)) }
        do {
            try self.init(all)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }
}
