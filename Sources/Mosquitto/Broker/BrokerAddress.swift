import Foundation

/// The address of a broker, and the user who logs in there: `mqtt://[user:password@]host[:port]`, or `mqtts://…` over TLS.
///
/// User and password may be percent-encoded. The default port is 1883, with TLS 8883. An IPv6 address stands in brackets.
public struct BrokerAddress: Hashable, Sendable {
    public let host: String
    public let port: Int
    public let user: String?
    public let password: String?
    /// Whether the connection uses TLS: `mqtts`.
    public let isSecure: Bool

    /// The ports that are registered for MQTT, and for MQTT over TLS.
    public static let defaultPort = 1883
    public static let defaultSecurePort = 8883

    /// Without a `port`, the registered one is used.
    public init(host: String, port: Int? = nil, user: String? = nil, password: String? = nil, isSecure: Bool = false) {
        self.host = host
        self.port = port ?? (isSecure ? Self.defaultSecurePort : Self.defaultPort)
        self.user = user
        self.password = password
        self.isSecure = isSecure
    }

    /// Reads a broker's URL. Throws ``MQTTError/Code/invalidOptions`` with what is wrong. The message never contains a password.
    public init(_ url: String) throws(MQTTError) {
        func wrong(_ what: String) -> MQTTError {
            MQTTError(
                .invalidOptions,
                "\(what); a broker is written mqtt://host:1883, mqtts://host:8883 or mqtt://user:password@host:1883")
        }
        guard let schemeEnd = url.range(of: "://") else { throw wrong("the broker has no scheme") }
        let isSecure: Bool
        switch url[..<schemeEnd.lowerBound].lowercased() {
        case "mqtt": isSecure = false
        case "mqtts": isSecure = true
        case let scheme: throw wrong("a broker cannot have the scheme \(scheme)")
        }
        var rest = url[schemeEnd.upperBound...]
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = login.first?.removingPercentEncoding
            password = login.count == 2 ? login[1].removingPercentEncoding : nil
            guard let user, !user.isEmpty, login.count == 1 || password != nil else {
                throw wrong("the broker's user or password is not properly percent-encoded")
            }
            rest = rest[rest.index(after: at)...]
        }
        let host: Substring
        let port: Substring?
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            host = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else {
                throw wrong("after the broker's address \(host) something is too much")
            }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first ?? ""
            port = parts.count == 2 ? parts[1] : nil
        }
        guard !host.isEmpty, !host.contains(where: { "/?#@ \0".contains($0) }) else { throw wrong("the broker has no valid host") }
        var number: Int?
        if let port {
            guard let value = Int(port), (1...65_535).contains(value) else { throw wrong("the broker's port is not 1 to 65535") }
            number = value
        }
        self.init(host: String(host), port: number, user: user, password: password, isSecure: isSecure)
    }
}

extension BrokerAddress: CustomStringConvertible {
    /// The URL without user and password, so that it can be logged.
    public var description: String { "\(isSecure ? "mqtts" : "mqtt")://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

extension BrokerAddress: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(String.self))
        } catch let error as MQTTError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
        }
    }
}
