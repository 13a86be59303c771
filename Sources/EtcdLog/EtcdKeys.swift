import Foundation
import TallywireCluster
import TallywireCore

/// The keys of one cluster in etcd, and what stands in them.
///
/// | key | value |
/// | --- | --- |
/// | `epoch` | the cluster's epoch, created once |
/// | `leader` | who leads; its mod revision is the term |
/// | `head` | where the log ends, written with each entry |
/// | `beat` | the term, written as a sign of life |
/// | `log/INDEX` | an entry, INDEX in 16 hexadecimal digits |
/// | `nodes/NAME` | what a node says of itself |
struct EtcdKeys: Sendable {
    let prefix: String
    let (epoch, leader, head, beat): ([UInt8], [UInt8], [UInt8], [UInt8])
    /// What follows the last entry's key, and the last node's: `0` is the character after `/`.
    let (endOfLog, nodes, endOfNodes): ([UInt8], [UInt8], [UInt8])
    /// Where all keys of the site begin, and what follows them.
    let (all, endOfAll): ([UInt8], [UInt8])

    init(site: String) {
        prefix = "tallywire/\(site)/"
        let key = { [prefix] (name: String) in Array((prefix + name).utf8) }
        (epoch, leader, head, beat) = (key("epoch"), key("leader"), key("head"), key("beat"))
        (endOfLog, nodes, endOfNodes) = (key("log0"), key("nodes/"), key("nodes0"))
        (all, endOfAll) = (Array(prefix.utf8), Array("tallywire/\(site)0".utf8))
    }

    func entry(_ index: UInt64) -> [UInt8] {
        let digits = String(index, radix: 16)
        return Array("\(prefix)log/\(String(repeating: "0", count: 16 - digits.count))\(digits)".utf8)
    }

    func index(of key: some Collection<UInt8>) throws(LogFailure) -> UInt64 {
        guard key.count == prefix.utf8.count + 20, let index = UInt64(String(decoding: key.suffix(16), as: UTF8.self), radix: 16)
        else {
            throw .broken("“\(String(decoding: key, as: UTF8.self))” is no key of an entry")
        }
        return index
    }

    func node(_ name: String) -> [UInt8] { nodes + Array(name.utf8) }
}

/// The JSON in a key.
protocol EtcdValue: Decodable {}

extension EtcdValue {
    init(_ bytes: Data, of key: [UInt8]) throws(LogFailure) {
        do {
            self = try JSONDecoder().decode(Self.self, fromOutside: bytes)
        } catch {
            throw .broken("the key “\(String(decoding: key, as: UTF8.self))” cannot be read: \(error)")
        }
    }
}

struct StoredHead: EtcdValue {
    let index: UInt64
    let seq: UInt64

    var head: LogHead { LogHead(index: index, seq: seq) }
}

extension LogHead {
    /// The same head gives the same bytes, since etcd compares them.
    var stored: [UInt8] { Array(#"{"index":\#(index),"seq":\#(seq)}"#.utf8) }
}

struct StoredClaim: EtcdValue {
    let node: String
    let address: String
    let id: String

    var claim: LeaderClaim { LeaderClaim(node: node, address: address, id: id) }
}

extension LeaderClaim {
    var stored: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("node", node)
            $0.member("address", address)
            $0.member("id", id)
        }
        return json.bytes
    }
}

struct StoredReport: EtcdValue, Encodable {
    let node: String
    let address: String
    let version: String
    let format: UInt16
    let applied: UInt64
    let flushed: UInt64
    let lag: Double
    let beat: UInt64

    init(_ report: NodeReport) {
        (node, address, version) = (report.node, report.address, report.version)
        (format, applied, flushed) = (report.format, report.applied, report.flushed)
        (lag, beat) = (report.lag, report.beat)
    }

    var report: NodeReport {
        NodeReport(
            node: node, address: address, version: version, format: format, applied: applied, flushed: flushed, lag: lag, beat: beat
        )
    }
}
