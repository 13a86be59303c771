import Backoff
import NIOCore
import NIOPosix
import SwiftProtobuf
import Synchronization
import TallywireCore
import TallywireEngine

/// Calls the members of etcd: one connection to each member that is in use, and another member after each failure.
final class EtcdClient: Sendable {
    private struct State {
        /// By member. A connection that ended, or could not be made, is taken out.
        var connections: [EventLoopFuture<GRPCConnection>?]
        /// The member that is asked.
        var current = 0
        var isShutDown = false
        var status = EtcdStatus()
    }

    private enum Method {
        static let txn = "/etcdserverpb.KV/Txn"
        static let watch = "/etcdserverpb.Watch/Watch"
        static let status = "/etcdserverpb.Maintenance/Status"
    }

    let configuration: EtcdConfiguration
    let members: [EtcdEndpoint]
    private let state: Mutex<State>
    /// Between two tries of one request. The first failures come from a member that is gone, so the next is asked nearly at once.
    private let backoff = Backoff(initial: .milliseconds(10), maximum: .milliseconds(500))

    init(_ configuration: EtcdConfiguration) throws(EtcdError) {
        self.configuration = configuration
        members = try configuration.members()
        state = Mutex(State(connections: members.map { _ in nil }))
        for member in members { _ = try member.encryption(configuration.tls) }
    }

    deinit { for connection in stop() { connection.whenSuccess { $0.close() } } }

    var status: EtcdStatus { state.withLock { $0.status } }

    /// Closes all connections. What is under way fails, and so does everything from now on.
    func shutdown() async {
        for connection in stop() {
            // A connection that could not be made needs no closing.
            guard let open = try? await connection.get() else { continue }
            open.close()
            // The channel's end is no failure, whatever it ends with.
            try? await open.closed.get()
        }
    }

    private func stop() -> [EventLoopFuture<GRPCConnection>] {
        state.withLock { state in
            state.isShutDown = true
            return state.connections.compactMap(\.self)
        }
    }

    // MARK: Transactions

    /// Asks each member once, until one answers. Returns also whether a member that did not answer may have carried it out.
    func tries(_ request: Etcd_TxnRequest) async throws(EtcdError) -> (answer: Etcd_TxnResponse, isRepeat: Bool) {
        for count in 1..<members.count {
            do {
                return (try await transact(request), isRepeat: count > 1)
            } catch {
                guard error.code.isWorthAnotherMember, !Task.isCancelled else { throw error }
            }
        }
        return (try await transact(request), isRepeat: members.count > 1)
    }

    func once(_ request: Etcd_TxnRequest) async throws(EtcdError) -> Etcd_TxnResponse { try await tries(request).answer }

    /// Asks one member after the other, until one answers. Throws ``EtcdError`` only if the request is too large, the client was shut
    /// down or the task was cancelled (``EtcdError/Code/closed``).
    ///
    /// After each round of all members they get twice the time, up to eight times: an etcd that became slow shall not be asked for ever
    /// without waiting for the answer.
    func untilKnown(_ request: Etcd_TxnRequest) async throws(EtcdError) -> Etcd_TxnResponse {
        var failures = 0
        while !Task.isCancelled {
            do {
                return try await transact(request, patience: 1 << min(failures / members.count, 3))
            } catch {
                guard error.code != .tooLarge, error.code != .closed else { throw error }
            }
            failures += 1
            // The loop ends if the task was cancelled.
            try? await Task.sleep(for: backoff.pause(afterFailures: failures))
        }
        throw EtcdError(.closed, "the task was cancelled")
    }

    private func transact(_ request: Etcd_TxnRequest, patience: Int = 1) async throws(EtcdError) -> Etcd_TxnResponse {
        let isWrite = !request.success.allSatisfy { if case .requestRange = $0.request { true } else { false } }
        let member = state.withLock { $0.current }
        do {
            let answer: Etcd_TxnResponse = try await call(Method.txn, request, at: member, patience: patience)
            state.withLock { $0.status.noteSuccess(isWrite: isWrite) }
            return answer
        } catch {
            if !Task.isCancelled { note(error, at: member, isWrite: isWrite) }
            throw error
        }
    }

    /// Notes a failure, and lets the next member be asked from now on.
    func note(_ error: EtcdError, at member: Int, isWrite: Bool = false) {
        state.withLock { state in
            if error.code.isWorthAnotherMember, state.current == member { state.current = (member + 1) % members.count }
            if error.code != .closed { state.status.note(error, isWrite: isWrite, at: .now) }
        }
    }

    // MARK: Other calls

    /// Begins to watch the keys from `first` to `last` exclusively, from `revision` on.
    func watch(from first: [UInt8], to last: [UInt8], revision: Int64) async throws(EtcdError) -> EtcdWatch {
        let member = state.withLock { $0.current }
        do {
            let stream = try await connection(to: member).open(Method.watch)
            return EtcdWatch(stream, self, member, from: first, to: last, revision: revision)
        } catch {
            note(error, at: member)
            throw error
        }
    }

    func memberStatus(_ member: Int) async throws(EtcdError) -> Etcd_StatusResponse {
        try await call(Method.status, Etcd_StatusRequest(), at: member)
    }

    func read(_ request: Etcd_TxnRequest, at member: Int) async throws(EtcdError) -> Etcd_TxnResponse {
        try await call(Method.txn, request, at: member)
    }

    private func call<Answer: SwiftProtobuf.Message>(
        _ path: String, _ request: some SwiftProtobuf.Message, at member: Int, patience: Int = 1
    ) async throws(EtcdError) -> Answer {
        let connection = try await connection(to: member)
        do {
            let bytes = try await connection.call(
                path, try request.serializedBytes(), within: configuration.requestTimeout * patience)
            return try Answer(serializedBytes: bytes)
        } catch let error as EtcdError {
            throw error
        } catch {
            throw EtcdError(.unexpected, "\(members[member]): an answer that cannot be read: \(error)")
        }
    }

    // MARK: Connections

    private func connection(to member: Int) async throws(EtcdError) -> GRPCConnection {
        let opening = state.withLock { state -> EventLoopFuture<GRPCConnection>? in
            guard !state.isShutDown else { return nil }
            if let opening = state.connections[member] { return opening }
            let opening = GRPCConnection.open(members[member], configuration)
            state.connections[member] = opening
            opening.whenComplete { [weak self] result in
                guard case .success(let connection) = result else { return self?.forget(opening, of: member) ?? () }
                connection.closed.whenComplete { [weak self] _ in self?.forget(opening, of: member) }
            }
            return opening
        }
        guard let opening else { throw EtcdError(.closed, "the connection to etcd was shut down") }
        do {
            return try await opening.get()
        } catch let error as EtcdError {
            throw error
        } catch {
            throw EtcdError(.unreachable, "\(members[member]): \(error)")
        }
    }

    private func forget(_ opening: EventLoopFuture<GRPCConnection>, of member: Int) {
        state.withLock { if $0.connections[member] === opening { $0.connections[member] = nil } }
    }
}

extension EtcdError.Code {
    /// Whether another member may answer otherwise.
    fileprivate var isWorthAnotherMember: Bool {
        switch self {
        case .unreachable, .unavailable, .full, .forbidden, .misconfigured, .unexpected: true
        case .tooLarge, .compacted, .closed: false
        }
    }
}
