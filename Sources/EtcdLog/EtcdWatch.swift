import Foundation
import SwiftProtobuf

/// What etcd says of changes to some keys, from a revision on. The watch ends with its `EtcdWatch`.
final class EtcdWatch: Sendable {
    private let stream: GRPCStream
    private let client: EtcdClient
    private let member: Int

    init(_ stream: GRPCStream, _ client: EtcdClient, _ member: Int, from first: [UInt8], to last: [UInt8], revision: Int64) {
        self.stream = stream
        self.client = client
        self.member = member
        send(
            Etcd_WatchRequest.with {
                $0.createRequest = .with {
                    ($0.key, $0.rangeEnd, $0.startRevision) = (.init(first), .init(last), revision)
                    ($0.filters, $0.fragment) = ([.nodelete], true)
                }
            })
    }

    /// The next answer. A member that says nothing for a while is asked for a sign of life, and without one the watch fails.
    func next() async throws(EtcdError) -> Etcd_WatchResponse {
        do throws(EtcdError) {
            let message = try await answer()
            do {
                return try Etcd_WatchResponse(serializedBytes: message)
            } catch {
                throw EtcdError(.unexpected, "\(client.members[member]): an answer that cannot be read: \(error)")
            }
        } catch {
            if !Task.isCancelled { client.note(error, at: member) }
            throw error
        }
    }

    private func answer() async throws(EtcdError) -> [UInt8] {
        do {
            if let message = try await stream.next(within: client.configuration.followTimeout) { return message }
        } catch {
            guard error.code == .unreachable, !Task.isCancelled else { throw error }
            // If the call has ended, then this fails at once.
            send(Etcd_WatchRequest.with { $0.progressRequest = .init() })
            if let message = try await stream.next(within: client.configuration.requestTimeout) { return message }
        }
        throw EtcdError(.unavailable, "\(client.members[member]): the member ended the watch")
    }

    private func send(_ request: Etcd_WatchRequest) {
        // Messages of this program have no required fields, which alone could be missing.
        guard let bytes: [UInt8] = try? request.serializedBytes() else { return }
        stream.send(bytes, isLast: false)
    }
}
