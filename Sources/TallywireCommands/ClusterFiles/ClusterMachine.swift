import Foundation

/// A machine of a cluster, on which a member of etcd and a node run, both under one name.
struct ClusterMachine: Equatable {
    let name: String
    /// The IP address or the host name at which the other machines reach this one, without brackets.
    let host: String

    /// The files beside the machines' folders, which no machine can have as its name.
    static let reserved: Set<String> = [
        ClusterAuthority.names.certificate, ClusterAuthority.names.key, MachineFiles.names.secret,
    ]

    /// Reads `NAME=HOST`. Throws ``Failure`` that says what is wrong with it.
    init(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw Failure.usage("--nodes “\(text)” is not NAME=ADDRESS") }
        name = parts[0]
        host = parts[1].hasPrefix("[") && parts[1].hasSuffix("]") ? String(parts[1].dropFirst().dropLast()) : parts[1]
        // The name is a folder, a name in etcd's configuration, and in keys of etcd.
        guard Self.isName(name, of: 1...64), !name.hasPrefix("."), !Self.reserved.contains(name) else {
            throw Failure.usage(
                "--nodes “\(text)”: a node's name has 1 to 64 letters, digits, “.”, “_” and “-”, does not begin with “.”, and is none of \(Self.reserved.sorted().joined(separator: ", "))"
            )
        }
        let isHostName = Self.isName(host, of: 1...253) && !host.hasPrefix(".") && !host.hasPrefix("-")
        guard addressBytes != nil || isHostName && !Self.looksLikeAddress(host) else {
            throw Failure.usage(
                "--nodes “\(text)”: “\(parts[1])” is neither an IP address nor a host name, and a port is set with options")
        }
    }

    /// Reads the machines of a cluster, which have names and hosts of their own.
    static func all(_ texts: [String]) throws -> [ClusterMachine] {
        let machines = try texts.map { try ClusterMachine($0) }
        guard (1...limit).contains(machines.count) else {
            throw Failure.usage(
                "--nodes names \(machines.count) machines, and a cluster has 1 to \(limit): a=10.0.0.1,b=10.0.0.2,c=10.0.0.3")
        }
        for (what, values) in [("name", machines.map(\.name)), ("address", machines.map { $0.host.lowercased() })] {
            if let twice = Dictionary(grouping: values, by: \.self).first(where: { $0.value.count > 1 })?.key {
                throw Failure.usage("--nodes has the \(what) “\(twice)” twice")
            }
        }
        return machines
    }

    /// What etcd advises at most: each write waits for a majority.
    static let limit = 7

    /// The bytes of the host if it is an IP address, in the order of the network.
    var addressBytes: [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, host, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// The host as it stands in a URL.
    var urlHost: String { host.contains(":") ? "[\(host)]" : host }

    /// The address to listen on. No program can listen on a name.
    var listeningHost: String { addressBytes == nil ? "0.0.0.0" : host }

    var isLoopback: Bool {
        guard let bytes = addressBytes else { return host.lowercased() == "localhost" }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    /// Whether `text` has letters, digits, `.`, `_` and `-`, and nothing else.
    static func isName(_ text: String, of length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0))
            }
    }

    /// `10.0.0.999` is a mistake in an address, and no name.
    private static func looksLikeAddress(_ host: String) -> Bool {
        host.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
    }
}
