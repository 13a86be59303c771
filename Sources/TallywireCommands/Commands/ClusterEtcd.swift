import ArgumentParser
import Foundation

struct ClusterEtcd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "etcd",
        abstract: "Write a configuration of etcd, certificates and a “cluster” section for each machine of a new cluster.",
        discussion: """
            Makes a folder with a certificate authority of the cluster's own and a secret, and in it a folder for each machine, with what that \
            machine needs: etcd.conf.yml, ca.pem, node.pem and node.key, secret, and cluster.json for its plugins.json. etcd and the node of \
            a machine use the same certificate. With --renew only new certificates are made, from the authority that is in the folder.
            """)

    @Option(
        help: ArgumentHelp(
            "The machines, with the addresses at which they reach each other: a=10.0.0.1,b=10.0.0.2,c=10.0.0.3.",
            valueName: "name=address,…"))
    var nodes: [String]
    @Option(help: ArgumentHelp("The folder to write to, made if it is not there.", valueName: "dir")) var output = "cluster"
    @Option(help: ArgumentHelp("The name of the cluster.", valueName: "name")) var site = "main"
    @Option(help: ArgumentHelp("Where a machine's files will be on that machine.", valueName: "dir"))
    var folder = "/etc/tallywire/cluster"
    @Option(help: ArgumentHelp("Where etcd keeps its data on each machine.", valueName: "dir")) var etcdData =
        "/var/lib/etcd/tallywire"
    @Option(help: ArgumentHelp("The server's port.", valueName: "port")) var port = 8080
    @Option(help: ArgumentHelp("etcd's port for nodes.", valueName: "port")) var clientPort = 2379
    @Option(help: ArgumentHelp("etcd's port for its other members.", valueName: "port")) var peerPort = 2380
    @Flag(help: "Make new certificates for these machines, and leave everything else as it is.") var renew = false
    @Flag(help: "Write no certificates, and http instead of https: for trials on loopback addresses alone.") var plain = false

    func validate() throws {
        guard ClusterMachine.isName(site, of: 1...64) else {
            throw ValidationError("--site “\(site)” is not 1 to 64 letters, digits, “.”, “_” and “-”")
        }
        for (name, number) in [("--port", port), ("--client-port", clientPort), ("--peer-port", peerPort)]
        where !(1...65_535).contains(number) {
            throw ValidationError("\(name) \(number) is no port, which is 1 to 65535")
        }
        guard Set([port, clientPort, peerPort]).count == 3 else {
            throw ValidationError("--port, --client-port and --peer-port have to differ")
        }
        for (name, path) in [("--folder", folder), ("--etcd-data", etcdData)] where !path.hasPrefix("/") || path.contains("}") {
            throw ValidationError("\(name) “\(path)” is not an absolute path without “}”")
        }
        guard !(renew && plain) else { throw ValidationError("--plain has no certificates, so there is nothing to --renew") }
    }

    func run() async throws {
        let machines = try ClusterMachine.all(names(in: nodes))
        if plain, let open = machines.first(where: { !$0.isLoopback }) {
            throw Failure.usage(
                "--plain lets everybody who reaches etcd write to it, so it is for loopback addresses, and not for “\(open.host)”")
        }
        let cluster = ClusterFolder(path: URL(fileURLWithPath: output).path, machines: machines, now: Date())
        if renew {
            try cluster.renew()
            return try Output.standard.print(ClusterSteps(machines: machines, output: cluster.path, folder: folder).renewed)
        }
        let settings = MachineFiles.Settings(
            site: site, token: "\(site)-\(UUID().uuidString.lowercased())", ports: (clientPort, peerPort, port),
            folder: Self.plainPath(folder), etcdData: Self.plainPath(etcdData), isSecure: !plain)
        try cluster.create(settings)
        try Output.standard.print(ClusterSteps(machines: machines, output: cluster.path, folder: settings.folder).created(settings))
    }

    /// `path` without slashes at its end.
    private static func plainPath(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
