import Foundation
import SwiftProtobuf
import TallywireCluster

/// The log of a cluster in etcd.
///
/// Every step is one transaction of etcd: it is flushed on a majority before it is acknowledged, it compares and writes in one step, and
/// it reads what was acknowledged before it began. The keys are those of `EtcdKeys`. The term is the mod revision of `leader`. An append
/// compares that revision, and the value of `head` with the head that the caller knows: the head only grows, so a late copy of an append
/// fails as soon as anything was appended since, whatever was trimmed. A takeover compares the mod revisions of `leader`, `head` and
/// `beat` with the highest that the caller has seen.
///
/// A step that writes under such a compare can be repeated, and it is, with all members in turn. Reads, beats and reports ask each member
/// once. etcd deletes old revisions itself: `--auto-compaction-mode` has to be set.
public final class EtcdLog: ReplicatedLog {
    let client: EtcdClient
    let keys: EtcdKeys
    let codec = LogEntryCodec()

    /// A log over the members of `configuration`. It connects when it is asked. Throws if something cannot be used as it is configured.
    public init(_ configuration: EtcdConfiguration) throws(EtcdError) {
        client = try EtcdClient(configuration)
        keys = EtcdKeys(site: configuration.site)
    }

    /// What does not work at the moment. Appends and takeovers that wait say here what they wait for.
    public var status: EtcdStatus { client.status }

    /// Closes all connections, for good. What is under way fails as if its task were cancelled.
    public func shutdown() async { await client.shutdown() }

    // MARK: The cluster

    public func epoch() async throws -> String? {
        try await client.once(.init([.get(keys.epoch)])).found(0).first.map { String(decoding: $0.value, as: UTF8.self) }
    }

    public func create(epoch: String, head: LogHead) async throws -> Bool {
        let operations: [Etcd_RequestOp] = [.put(keys.epoch, Array(epoch.utf8)), .put(keys.head, head.stored)]
        let request = Etcd_TxnRequest(if: [.written(keys.epoch, at: 0)], operations, else: [.get(keys.epoch)])
        let (answer, isRepeat) = try await client.tries(request)
        // An epoch is random, so one that stands there already was written by the try whose answer was lost.
        return answer.succeeded || isRepeat && answer.found(0).first?.value == Data(epoch.utf8)
    }

    // MARK: Leading

    public func look() async throws -> LogSight {
        let answer = try await client.once(.init([.get(keys.leader), .get(keys.head), .get(keys.beat)]))
        return try LogSight(
            leader: leader(answer.found(0)), head: head(answer.found(1)),
            pulse: (0..<3).compactMap { answer.found($0).first?.revision }.max() ?? 0)
    }

    public func takeOver(_ sight: LogSight, as claim: LeaderClaim) async throws(CancellationError) -> Term? {
        let conditions: [Etcd_Compare] =
            [.written(keys.leader, at: sight.leader?.term.number ?? 0)]
            + [keys.leader, keys.head, keys.beat].map { .unchanged($0, since: sight.pulse) }
        let request = Etcd_TxnRequest(if: conditions, [.put(keys.leader, claim.stored)], else: [.get(keys.leader)])
        do {
            let answer = try await client.untilKnown(request)
            if answer.succeeded { return Term(UInt64(clamping: answer.header.revision)) }
            guard let leader = try leader(answer.found(0)), leader.claim.id == claim.id else { return nil }
            return leader.term
        } catch let error as EtcdError where error.code == .closed {
            throw CancellationError()
        } catch {
            // What stands in `leader` is not this claim, or the claim is larger than any request: somebody else may lead.
            return nil
        }
    }

    @discardableResult
    public func append(_ entry: LogEntry, after head: LogHead, term: Term) async throws(LogFailure) -> Int {
        guard head.index < .max, entry.index == head.index + 1 else {
            throw .broken("the entry \(entry.index) is to be written after the entry \(head.index)")
        }
        let bytes = try codec.encode(entry)
        let request = Etcd_TxnRequest(
            if: [.written(keys.leader, at: term.number), .equal(keys.head, head.stored)],
            [.put(keys.entry(entry.index), bytes), .put(keys.head, head.following(entry).stored)],
            else: [.get(keys.leader), .get(keys.head), .get(keys.entry(entry.index))])
        let (size, limit) = (try request.serializedSize, client.configuration.largestRequest)
        guard size <= limit else { throw .tooLarge(bytes: size, limit: limit) }
        let answer: Etcd_TxnResponse
        do {
            answer = try await client.untilKnown(request)
        } catch {
            throw error.code == .tooLarge ? .tooLarge(bytes: size, limit: min(limit, size - 1)) : .cancelled
        }
        guard !answer.succeeded else { return bytes.count }
        let verdict = AppendVerdict(
            refused: entry, term: term, leader: answer.found(0).first.map { Term($0.revision) },
            head: try self.head(answer.found(1)),
            idAtIndex: answer.found(2).first.map { id(of: $0, at: entry.index) })
        if case .failed(let failure) = verdict { throw failure }
        return bytes.count
    }

    public func beat(term: Term) async throws {
        try await underTerm(term, .put(keys.beat, Array("\(term)".utf8)))
    }

    public func trim(before index: UInt64, term: Term) async throws {
        try await underTerm(term, .delete(keys.entry(0), to: keys.entry(index)))
    }

    private func underTerm(_ term: Term, _ operation: Etcd_RequestOp) async throws {
        let answer = try await client.once(.init(if: [.written(keys.leader, at: term.number)], [operation]))
        if !answer.succeeded { throw LogFailure.fenced }
    }

    // MARK: Nodes

    public func register(_ report: NodeReport) async throws {
        let value = try JSONEncoder().encode(StoredReport(report))
        _ = try await client.once(.init([.put(keys.node(report.node), Array(value))]))
    }

    public func nodes() async throws -> [NodeReport] {
        try await client.once(.init([.get(keys.nodes, to: keys.endOfNodes)])).found(0)
            .map { try StoredReport($0.value, of: Array($0.key)).report }
    }

    public func remove(node: String) async throws {
        _ = try await client.once(.init([.delete(keys.node(node))]))
    }

    // MARK: What stands in the keys

    func leader(_ found: [Etcd_KeyValue]) throws(LogFailure) -> LogSight.Leader? {
        guard let key = found.first else { return nil }
        return .init(claim: try StoredClaim(key.value, of: keys.leader).claim, term: Term(key.revision))
    }

    func head(_ found: [Etcd_KeyValue]) throws(LogFailure) -> LogHead {
        guard let key = found.first else { return LogHead() }
        return try StoredHead(key.value, of: keys.head).head
    }

    /// The id of the entry in `key`. One that cannot be read is not of this program: a newer one wrote it.
    private func id(of key: Etcd_KeyValue, at index: UInt64) -> String {
        do {
            return try codec.decode(Array(key.value), at: index).id
        } catch {
            return "\(error)"
        }
    }
}

extension Etcd_TxnRequest {
    /// How many bytes the request has.
    fileprivate var serializedSize: Int {
        get throws(LogFailure) {
            do {
                return try serializedData().count
            } catch {
                throw .broken("the request cannot be written: \(error)")
            }
        }
    }
}
