import NIOSSL

extension TallywireClient.Handshake {
    /// More nodes than a server has.
    private static let mostNodes = 16

    /// Returns how to connect to each node of a configuration, in its order and each once.
    ///
    /// - Throws: `invalid_url`, and the error of NIOSSL for a TLS configuration that cannot be used.
    static func nodes(_ configuration: TallywireClient.Configuration) throws -> [Self] {
        guard 1...mostNodes ~= configuration.urls.count else {
            throw TallywireClient.Failure(
                .invalidURL, "there are \(configuration.urls.count) addresses: a client takes 1 to \(mostNodes) of them")
        }
        var places: [(url: String, address: TallywireClient.Address)] = []
        for url in configuration.urls {
            let address = try TallywireClient.Address(url)
            if !places.contains(where: { $0.address == address }) { places.append((url, address)) }
        }
        let tls = places.contains { $0.address.isSecure } ? try NIOSSLContext(configuration: configuration.tls) : nil
        return places.map { url, address in
            Self(
                url: url, address: address, tls: address.isSecure ? tls : nil, timeout: configuration.connectTimeout,
                maxMessage: configuration.maxMessage)
        }
    }
}
