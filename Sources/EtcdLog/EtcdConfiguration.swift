import TallywireConfiguration

/// Where a cluster's etcd is, and under which name the cluster's log is kept there.
public struct EtcdConfiguration: Equatable, Sendable {
    /// The client URLs of etcd's members, `http://HOST:2379` or `https://…`; at least one, better all of them.
    public var endpoints: [String]
    /// The name of the cluster: all keys begin with `tallywire/SITE/`. Letters, digits, `.`, `_` and `-`.
    public var site: String
    /// How members with `https` are recognised, and how this node shows who it is. The files are read for each new connection, so a
    /// certificate can be renewed without a restart.
    public var tls: TLSFiles?
    /// How long one member has for one answer before another is asked, and for a connection. Repeated writes wait longer in the end.
    ///
    /// While etcd elects a leader, requests that arrived before have to be sent again. So this time is a part of every failover.
    public var requestTimeout: Duration
    /// For how long a follower hears nothing before it asks the member for a sign of life.
    public var followTimeout: Duration
    /// The most bytes of a request: etcd's `--max-request-bytes`, which has to be the same for all members.
    public var largestRequest: Int
    /// The most bytes of an answer. A member sends as many as a page of the largest entries has.
    public var largestAnswer: Int

    public init(
        endpoints: [String], site: String, tls: TLSFiles? = nil, requestTimeout: Duration = .seconds(1),
        followTimeout: Duration = .seconds(5),
        largestRequest: Int = 1_572_864, largestAnswer: Int = 64 << 20
    ) {
        self.endpoints = endpoints
        self.site = site
        self.tls = tls
        self.requestTimeout = requestTimeout
        self.followTimeout = followTimeout
        self.largestRequest = largestRequest
        self.largestAnswer = largestAnswer
    }

    /// The members, once everything is as it has to be.
    func members() throws(EtcdError) -> [EtcdEndpoint] {
        let isPlain = site.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(site.utf8.count) else {
            throw EtcdError(.misconfigured, "the site has to be 1 to 64 letters, digits, “.”, “_” or “-”")
        }
        guard !endpoints.isEmpty else { throw EtcdError(.misconfigured, "there is no endpoint of etcd: name its members") }
        guard requestTimeout > .zero, followTimeout > .zero, largestRequest > 0, largestAnswer > 0 else {
            throw EtcdError(.misconfigured, "times and sizes have to be more than zero")
        }
        if tls?.mistake != nil {
            throw EtcdError(.misconfigured, "a certificate needs its key, and a key its certificate")
        }
        var members: [EtcdEndpoint] = []
        for url in endpoints {
            let member = try EtcdEndpoint(url)
            guard member.isSecure || tls == nil else {
                throw EtcdError(.misconfigured, "\(member) does not speak TLS, and certificates are given: use https://")
            }
            members.append(member)
        }
        return members
    }
}
