import Foundation

/// The folder that `cluster etcd` writes: the authority and the secret, and a folder for each machine.
struct ClusterFolder {
    let path: String
    let machines: [ClusterMachine]
    /// What messages and validity take for the present.
    let now: Date

    /// The files of a new cluster.
    func create(_ settings: MachineFiles.Settings) throws {
        if let taken = taken {
            throw Failure(
                "error: \(taken) is there already, and nothing in it is replaced: name another folder with --output, or renew the certificates with --renew"
            )
        }
        let secret = Self.randomSecret()
        let authority = settings.isSecure ? try ClusterAuthority(site: settings.site, now: now) : nil
        var files: [(String, String)] = [(MachineFiles.names.secret, secret)]
        if let authority {
            files += [
                (ClusterAuthority.names.certificate, authority.identity.certificate),
                (ClusterAuthority.names.key, authority.identity.key),
            ]
        }
        for machine in machines {
            let own = MachineFiles(machine: machine, machines: machines, settings: settings)
            files += [
                ("\(machine.name)/\(MachineFiles.names.etcd)", own.etcd),
                ("\(machine.name)/\(MachineFiles.names.cluster)", try own.cluster()),
                ("\(machine.name)/\(MachineFiles.names.secret)", secret),
            ]
            if let authority {
                files.append(("\(machine.name)/\(ClusterAuthority.names.certificate)", authority.identity.certificate))
                files += try certificate(for: machine, authority)
            }
        }
        try write(files, replacing: false)
    }

    /// New keys and certificates for the machines, from the authority that is here. Everything else stays.
    func renew() throws {
        let parts = try [ClusterAuthority.names.certificate, ClusterAuthority.names.key].map(read)
        let authority = try ClusterAuthority(.init(certificate: parts[0], key: parts[1]), in: path, now: now)
        for machine in machines {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(path)/\(machine.name)", isDirectory: &isFolder), isFolder.boolValue
            else {
                throw Failure("error: \(path) has no folder of a machine “\(machine.name)”: --renew is for machines that are there")
            }
        }
        try write(try machines.flatMap { try certificate(for: $0, authority) }, replacing: true)
    }

    private func certificate(for machine: ClusterMachine, _ authority: ClusterAuthority) throws -> [(String, String)] {
        let identity = try authority.identity(for: machine, now: now)
        return [
            ("\(machine.name)/\(MachineFiles.names.key)", identity.key),
            ("\(machine.name)/\(MachineFiles.names.certificate)", identity.certificate),
        ]
    }

    /// What is in the folder already of that which is to be written.
    private var taken: String? {
        let files = [MachineFiles.names.secret, ClusterAuthority.names.certificate, ClusterAuthority.names.key]
        return (files + machines.map(\.name)).map { "\(path)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
    }

    private func read(_ name: String) throws -> String {
        let file = "\(path)/\(name)"
        guard FileManager.default.fileExists(atPath: file) else {
            throw Failure("error: there is no \(file): --renew needs the authority of the cluster, its certificate and its key")
        }
        do {
            return try String(contentsOfFile: file, encoding: .utf8)
        } catch {
            throw Failure("error: \(file) cannot be read: \(error.localizedDescription)")
        }
    }

    private func write(_ files: [(name: String, text: String)], replacing: Bool) throws {
        for folder in [path] + machines.map({ "\(path)/\($0.name)" }) {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw Failure("error: \(folder) cannot be made: \(error.localizedDescription)")
            }
        }
        for (name, text) in files { try PrivateFile.write(text, to: "\(path)/\(name)", replacing: replacing) }
    }

    /// 256 random bits, in 43 characters that need no quoting.
    private static func randomSecret() -> String {
        Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
