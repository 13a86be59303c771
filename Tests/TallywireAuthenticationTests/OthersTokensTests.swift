import Crypto
import Foundation
import TallywireAccess
import TallywireCore
import Testing

@testable import TallywireAuthentication

@Suite("Tokens of others")
struct OthersTokensTests {
    private static let issuer = "https://login.example/realms/shop"

    private func principal(
        _ rules: JWTAuthenticator.Rules, own: Bool = false, _ change: (inout [String: Any]) -> Void
    ) async throws -> Principal {
        let pair = Pair256()
        let authenticator = try await Tokens.authenticator(rules, keys: try await KeySet.jwks(pair.jwk(isPrivate: own)))
        return try authenticator.principal(bearing: try pair.token(Tokens.claims(change)))
    }

    private func reason(
        _ rules: JWTAuthenticator.Rules, own: Bool = false, _ change: (inout [String: Any]) -> Void
    ) async throws -> AuthenticationFailure.Reason? {
        do {
            _ = try await principal(rules, own: own, change)
            return nil
        } catch let error as AuthenticationFailure {
            return error.reason
        }
    }

    @Test("the issuer is compared exactly, and of the server's own tokens not at all")
    func issuer() async throws {
        let rules = JWTAuthenticator.Rules(issuer: Self.issuer)
        #expect(try await reason(rules) { $0["iss"] = Self.issuer } == nil)
        for other: Any? in [nil, "", Self.issuer + "/", Self.issuer.uppercased(), "https://login.example/realms/other"] {
            #expect(try await reason(rules) { $0["iss"] = other } == .issuer)
        }
        #expect(try await reason(rules) { $0["iss"] = [Self.issuer] } == .claims)
        #expect(try await reason(rules, own: true) { $0["iss"] = nil } == nil)
    }

    private func role(_ claim: RoleClaim, _ change: (inout [String: Any]) -> Void) async throws -> Role? {
        try? await principal(.init(roles: claim), change).role
    }

    @Test("the role is where its path leads: in objects, and under names with dots and slashes")
    func paths() async throws {
        let keycloak = RoleClaim(path: ["realm_access", "roles"])
        #expect(try await role(keycloak) { $0["realm_access"] = ["roles": ["offline_access", "shop"]] } == .shop)
        #expect(try await role(keycloak) { $0["realm_access.roles"] = ["shop"] } == nil)
        #expect(try await role(keycloak) { $0["realm_access"] = ["admin"] } == nil)
        #expect(try await role(keycloak) { $0["role"] = "admin" } == nil, "the claim that is named, and no other")
        let auth0 = RoleClaim(path: ["https://stock.example/roles"])
        #expect(try await role(auth0) { $0["https://stock.example/roles"] = ["admin"] } == .admin)
    }

    @Test("values are a list, a text or the words of a text; whatever else is there is no role")
    func values() async throws {
        let claim = RoleClaim(path: ["scope"], roles: ["stock:write": .admin, "Stock Reader": .shop, "stock:scan": .device])
        func role(_ value: Any, device: String? = nil) async throws -> Role? {
            try await self.role(claim) {
                $0["scope"] = value
                $0["device"] = device
            }
        }
        #expect(try await role("openid stock:write profile") == .admin)
        #expect(try await role("stock:write") == .admin)
        #expect(try await role("Stock Reader") == .shop)
        #expect(try await role(["Stock Reader"]) == .shop)
        #expect(try await role(["openid stock:write"]) == nil, "the elements of a list are whole")
        #expect(try await role("admin") == nil, "where values are mapped, the roles' own names are values like others")
        for nothing: Any in [7, true, ["stock:write": true], [["stock:write"]], [7], [String](), "", NSNull()] {
            #expect(try await role(nothing) == nil)
        }
        #expect(try await role("stock:scan", device: "dock-1") == .device)
        #expect(try await role("stock:scan") == nil, "a device is named")
    }

    @Test("of several roles admin is the first, then device, then shop")
    func severalRoles() async throws {
        let claim = RoleClaim(path: ["roles"])
        #expect(try await role(claim) { $0["roles"] = ["shop", "admin"] } == .admin)
        let device = try await role(claim) {
            $0["roles"] = ["shop", "device"]
            $0["device"] = "dock-1"
        }
        #expect(device == .device)
    }

    @Test("the claim may be called role and be a list, and the server's own tokens say their role themselves")
    func claimRole() async throws {
        let rules = JWTAuthenticator.Rules(roles: RoleClaim(path: ["role"]))
        #expect(try await principal(rules) { $0["role"] = ["x", "shop"] }.role == .shop)
        let mapped = JWTAuthenticator.Rules(roles: RoleClaim(path: ["roles"], roles: ["stock": .shop]))
        let own = try await principal(mapped, own: true) {
            $0["role"] = "device"
            $0["device"] = "dock-1"
        }
        #expect(own.role == .device)
    }

    @Test("nobody else can say that somebody signed in here with a password")
    func renewal() async throws {
        let claims: (inout [String: Any]) -> Void = {
            $0["auth_time"] = 1_795_365_500
            $0["pwh"] = Data(repeating: 7, count: 16).base64URL
        }
        let others = try await principal(.init(), claims)
        #expect(others.signedInAt == nil && others.password == nil)
        let own = try await principal(.init(), own: true, claims)
        #expect(own.signedInAt != nil && own.password != nil)
    }
}
