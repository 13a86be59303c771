import TallywireConfiguration
import TallywirePipeline

/// Checks `cluster`, and where entries run.
extension ConfigurationCheck {
    mutating func checkCluster(_ root: ConfigurationValue, _ checked: ConfigurationValue?) {
        guard let cluster = root["cluster"], let settings = checked?["cluster"] else { return }
        let tls = cluster["tls"]
        for (given, missing) in [("certificate", "key"), ("key", "certificate")] {
            guard let value = tls?[given], tls?[missing] == nil else { continue }
            check.report(value.origin, "“\(given)” in cluster.tls needs “\(missing)” beside it")
        }
        if case .list(let endpoints)? = cluster["endpoints"]?.content, let tls {
            for endpoint in endpoints where endpoint.string?.hasPrefix("http://") == true {
                check.report(
                    endpoint.origin,
                    "“\(endpoint.string ?? "")” does not speak TLS, and cluster.tls is there (line \(tls.origin.line ?? 0)): use https://"
                )
            }
        }
        if let address = cluster["address"], address.string?.hasSuffix("/") == true {
            check.report(address.origin, "“address” must not end with a slash")
        }
        if cluster["address"] == nil, settings["address"] == nil, case .integer(0)? = checked?["http"]?["port"]?.content {
            check.report(
                cluster.origin,
                "with http.port 0 the other nodes cannot know where this one listens: give it a port, or an “address”")
        }
    }

    /// Checks that an entry may run where it says.
    mutating func checkPlacement(of name: String, _ placements: [Placement], _ entry: ConfigurationValue) {
        guard let value = entry["placement"], let text = value.string, let placement = Placement(rawValue: text),
            !placements.contains(placement)
        else { return }
        let only = placements.map { "“\($0.rawValue)”" }.joined(separator: " or ")
        check.report(value.origin, "“placement” of “\(name)” can only be \(only)")
    }
}

extension ConfigurationValue.Origin {
    fileprivate var line: Int? {
        if case .file(let line, _) = self { line } else { nil }
    }
}
