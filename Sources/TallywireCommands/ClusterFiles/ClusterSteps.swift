/// What people do next with the files of a cluster.
struct ClusterSteps {
    let machines: [ClusterMachine]
    /// Where the files are.
    let output: String
    /// Where they will be on each machine.
    let folder: String

    /// After the files of a new cluster were written.
    func created(_ settings: MachineFiles.Settings) -> String {
        let first = machines.first?.name ?? ""
        var text = """
            Wrote \(folders), for the cluster “\(settings.site)”.

            1. Copy each folder to its machine, as \(folder), over a connection that nobody can read. The files hold keys, and only their owner \
            may read them: etcd's user and the server's user both have to be able to, for example through a group of both.
            2. Start etcd on all machines: etcd --config-file \(folder)/\(MachineFiles.names.etcd)
               (Debian: DAEMON_ARGS="--config-file \(folder)/\(MachineFiles.names.etcd)" in /etc/default/etcd)
            3. Put the members of \(folder)/\(MachineFiles.names.cluster) into each machine's plugins.json.
            4. On “\(first)”: tallywire cluster init. Then start its server, and after it the others with empty folders.
            5. On each machine: tallywire check --connect, and tallywire cluster status.
            """
        if settings.isSecure {
            text += """


                Keep \(output)/\(ClusterAuthority.names.key) where no machine of the cluster can read it: who has it can be any of them. The \
                certificates of the machines are valid for two years. Before that, and with the key in its place, run this command again with \
                --renew.
                """
        }
        if machines.count.isMultiple(of: 2) {
            text += """


                \(machines.count) machines bear the loss of no more than \(machines.count - 1) do, since a majority has to be there: have an odd number.
                """
        }
        return text
    }

    /// After certificates were renewed.
    var renewed: String {
        let files = "\(MachineFiles.names.certificate) and \(MachineFiles.names.key)"
        return """
            Wrote new \(files) to \(folders).

            Copy both files of each machine to \(folder) there. etcd reads them for each new connection. Then restart the servers, one after the \
            other. The old certificates stay valid until their end.
            """
    }

    private var folders: String { machines.map { "\(output)/\($0.name)" }.joined(separator: ", ") }
}
