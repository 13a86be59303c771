/// Why etcd did not do what was asked, or did not say so.
public struct EtcdError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// There is no connection, or no answer in time. The request may have been carried out, or may be later.
        case unreachable
        /// The member answered that it cannot serve now, for example while etcd elects a leader. As with `unreachable`, nothing is known.
        case unavailable
        /// The request has more bytes than etcd takes, so it was not carried out.
        case tooLarge
        /// etcd's database has reached its quota: it is read only until somebody makes room.
        case full
        /// The member does not let this node in, or not to these keys.
        case forbidden
        /// The revision that was asked for is no longer kept.
        case compacted
        /// What the configuration says cannot be used.
        case misconfigured
        /// The client was shut down.
        case closed
        /// An answer that etcd does not give according to its documentation.
        case unexpected
    }

    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// The error of a call that `member` answered with gRPC's status `number`.
    init(status number: Int, _ text: String, from member: EtcdEndpoint) {
        switch (number, text) {
        case (_, _) where text.contains("request is too large") || text.contains("message larger than max"):
            self.init(.tooLarge, "\(member): \(text) (--max-request-bytes of etcd)")
        case (_, _) where text.contains("database space exceeded"):
            self.init(
                .full,
                "\(member): the database of etcd has reached its quota, so nothing can be written: run etcdctl defrag on each member, "
                    + "then etcdctl alarm disarm, or raise --quota-backend-bytes")
        case (_, _) where text.contains("has been compacted"): self.init(.compacted, "\(member): \(text)")
        // PERMISSION_DENIED and UNAUTHENTICATED, and what etcd says if it wants to know a user.
        case (7, _), (16, _),
            (_, _) where text.contains("user name") || text.contains("authentication"):
            self.init(.forbidden, "\(member): \(text): etcd's user of this node's certificate needs the role for its site's keys")
        // CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE, and raft's “not leader”.
        case (1, _), (2, _), (4, _), (8, _), (10, _), (13, _), (14, _),
            (_, _) where text.contains("not leader"):
            self.init(.unavailable, "\(member): \(text)")
        default: self.init(.unexpected, "\(member): status \(number): \(text)")
        }
    }
}
