import Foundation
import SwiftProtobuf
import TallywireCluster

/// What transactions are made of.
extension Etcd_Compare {
    /// The key was written last at `revision`; 0 stands for a key that does not exist.
    static func written(_ key: [UInt8], at revision: UInt64) -> Self {
        .with { ($0.key, $0.target, $0.result, $0.modRevision) = (Data(key), .mod, .equal, Int64(clamping: revision)) }
    }

    /// The key was not written after `revision`.
    static func unchanged(_ key: [UInt8], since revision: UInt64) -> Self {
        .with { ($0.key, $0.target, $0.result, $0.modRevision) = (Data(key), .mod, .less, Int64(clamping: revision) &+ 1) }
    }

    /// The key exists and has this value.
    static func equal(_ key: [UInt8], _ value: [UInt8]) -> Self {
        .with { ($0.key, $0.target, $0.result, $0.value) = (Data(key), .value, .equal, Data(value)) }
    }
}

extension Etcd_RequestOp {
    static func get(_ key: [UInt8]) -> Self { .with { $0.requestRange = .with { $0.key = Data(key) } } }

    /// The keys from `first` to `end` exclusively, in order; with a limit only so many.
    static func get(_ first: [UInt8], to end: [UInt8], limit: Int = 0) -> Self {
        .with { $0.requestRange = .with { ($0.key, $0.rangeEnd, $0.limit) = (Data(first), Data(end), Int64(limit)) } }
    }

    static func put(_ key: [UInt8], _ value: [UInt8]) -> Self {
        .with { $0.requestPut = .with { ($0.key, $0.value) = (Data(key), Data(value)) } }
    }

    static func delete(_ key: [UInt8]) -> Self { .with { $0.requestDeleteRange = .with { $0.key = Data(key) } } }

    static func delete(_ first: [UInt8], to end: [UInt8]) -> Self {
        .with { $0.requestDeleteRange = .with { ($0.key, $0.rangeEnd) = (Data(first), Data(end)) } }
    }
}

extension Etcd_TxnRequest {
    /// `operations` if all of `conditions` hold, otherwise `alternatives`; one look and one step.
    init(if conditions: [Etcd_Compare] = [], _ operations: [Etcd_RequestOp], else alternatives: [Etcd_RequestOp] = []) {
        self.init()
        (compare, success, failure) = (conditions, operations, alternatives)
    }
}

extension Etcd_TxnResponse {
    /// What the read `number` of the branch that was taken found.
    func found(_ number: Int) -> [Etcd_KeyValue] { responses.indices.contains(number) ? responses[number].responseRange.kvs : [] }
}

extension Etcd_KeyValue {
    /// When the key was written last.
    var revision: UInt64 { UInt64(clamping: modRevision) }
}
