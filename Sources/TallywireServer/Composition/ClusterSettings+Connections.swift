import ClusterHTTP
import EtcdLog
import PipelineHost
import TallywireConfiguration

extension ClusterSettings {
    /// How this node reaches etcd.
    var etcd: EtcdConfiguration {
        EtcdConfiguration(endpoints: endpoints, site: site, tls: tls)
    }

    /// The URL at which other nodes reach this one.
    func address(in configuration: PipelineConfiguration) -> String {
        if let address { return address }
        let http = configuration.http
        return Server.Address(host: http.host, port: http.port, scheme: http.tls == nil ? "http" : "https").url
    }
}

extension PeerClient {
    /// A client for the other nodes of `cluster`. Throws if a file of its `tls` cannot be read.
    convenience init(_ cluster: ClusterSettings) throws {
        try self.init(Configuration(secret: cluster.secret, tls: cluster.tls ?? TLSFiles()))
    }
}
