import TallywireCore
import TallywireEngine

/// `auth.mode` `open`: everybody is an admin. For a loopback host only.
public struct OpenAuthenticator: Authenticator {
    public init() {}

    public var anonymousAccess: AnonymousAccess { .everything }
    public var deadline: Duration { .seconds(0) }
    public var generation: UInt64 { 0 }
    public var now: Timestamp { .now }
    public func principal(bearing token: String) -> Principal { .anybody }
    public func trusts(_ principal: Principal) -> Bool { true }
}
