import Foundation

/// The files of one machine of a cluster: etcd's configuration, and what its node adds to plugins.json.
struct MachineFiles {
    /// What the machines of a cluster have in common.
    struct Settings {
        /// The name of the cluster.
        var site: String
        /// Different for each cluster, so that a member never joins another cluster by mistake.
        var token: String
        /// etcd's ports for clients and for other members, and the server's port.
        var ports: (client: Int, peer: Int, server: Int)
        /// Where the files are on each machine.
        var folder: String
        /// Where etcd keeps its data on each machine.
        var etcdData: String
        /// Whether etcd and the servers speak TLS.
        var isSecure: Bool
    }

    let machine: ClusterMachine
    /// All machines of the cluster, in the order in which they were named.
    let machines: [ClusterMachine]
    let settings: Settings

    static let names = (etcd: "etcd.conf.yml", cluster: "cluster.json", certificate: "node.pem", key: "node.key", secret: "secret")

    /// The size of etcd's database at which etcd stops writing: 2 GiB.
    static let quota = 2 << 30

    // MARK: etcd

    /// etcd's configuration.
    var etcd: String {
        let clients = url(settings.ports.client, of: machine)
        let peers = url(settings.ports.peer, of: machine)
        var lines = [
            "# Made by tallywire cluster etcd: the member “\(machine.name)” of the cluster “\(settings.site)”. Run etcd --config-file with this file.",
            line("name", machine.name),
            line("data-dir", settings.etcdData),
            line("listen-client-urls", url(settings.ports.client, on: machine)),
            line("advertise-client-urls", clients),
            line("listen-peer-urls", url(settings.ports.peer, on: machine)),
            line("initial-advertise-peer-urls", peers),
            line("initial-cluster", machines.map { "\($0.name)=\(url(settings.ports.peer, of: $0))" }.joined(separator: ",")),
            line("initial-cluster-token", settings.token),
            line("initial-cluster-state", "new"),
            "# Old revisions are deleted. The log needs none of them.",
            line("auto-compaction-mode", "periodic"),
            line("auto-compaction-retention", "10m"),
            "quota-backend-bytes: \(Self.quota)",
            "# Milliseconds.",
            "heartbeat-interval: 100",
            "election-timeout: 1000",
        ]
        if settings.isSecure {
            for section in ["client-transport-security", "peer-transport-security"] {
                lines += [
                    "\(section):",
                    "  " + line("cert-file", path(Self.names.certificate)),
                    "  " + line("key-file", path(Self.names.key)),
                    "  client-cert-auth: true",
                    "  " + line("trusted-ca-file", path(ClusterAuthority.names.certificate)),
                ]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ key: String, _ value: String) -> String { "\(key): \(Self.quoted(value))" }

    /// A string of YAML with quotes, which may be written as one of JSON.
    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "\"") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20: result += "\\u" + String(format: "%04x", scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        } + "\""
    }

    // MARK: The node

    /// What the node's plugins.json has for the cluster: `cluster`, and where the server listens.
    func cluster() throws -> String {
        let part = Snippet(
            http: .init(
                host: machine.listeningHost, port: settings.ports.server,
                tls: settings.isSecure ? .init(certificate: path(Self.names.certificate), key: path(Self.names.key)) : nil),
            cluster: .init(
                site: settings.site, node: machine.name, endpoints: machines.map { url(settings.ports.client, of: $0) },
                address: url(settings.ports.server, of: machine),
                tls: settings.isSecure
                    ? .init(
                        ca: path(ClusterAuthority.names.certificate), certificate: path(Self.names.certificate),
                        key: path(Self.names.key)) : nil,
                secret: "${file:\(path(Self.names.secret))}"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(part), as: UTF8.self) + "\n"
    }

    private struct Snippet: Encodable {
        struct HTTP: Encodable {
            struct TLS: Encodable { let certificate, key: String }
            let host: String
            let port: Int
            let tls: TLS?
        }
        struct Cluster: Encodable {
            struct TLS: Encodable { let ca, certificate, key: String }
            let site, node: String
            let endpoints: [String]
            let address: String
            let tls: TLS?
            let secret: String
        }
        let http: HTTP
        let cluster: Cluster
    }

    // MARK: Places

    private func path(_ name: String) -> String { "\(settings.folder)/\(name)" }
    private var scheme: String { settings.isSecure ? "https" : "http" }
    private func url(_ port: Int, of machine: ClusterMachine) -> String { "\(scheme)://\(machine.urlHost):\(port)" }

    /// Where etcd listens.
    private func url(_ port: Int, on machine: ClusterMachine) -> String {
        "\(scheme)://\(machine.addressBytes == nil ? machine.listeningHost : machine.urlHost):\(port)"
    }
}
