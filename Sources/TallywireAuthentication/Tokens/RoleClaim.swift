import TallywireAccess
import TallywireCore

/// Where others' tokens say what their bearer may do, and what that means here.
public struct RoleClaim: Equatable, Sendable {
    /// The name of the claim, and of the members in it, such as `realm_access` and `roles`.
    public var path: [String]
    /// The roles by the claim's values; `nil` if the values are the roles' own names.
    public var roles: [String: Role]?

    public init(path: [String], roles: [String: Role]? = nil) {
        self.path = path
        self.roles = roles
    }

    /// Returns the role that the claims give. Of several it is the first in the order admin, device, shop.
    func role(in claims: JSONValue) throws(AuthenticationFailure) -> Role {
        let name = path.joined(separator: ".")
        guard let value = path.reduce(claims, { (value: JSONValue?, step) in value?[step] }) else {
            throw AuthenticationFailure(.claims, "the token has no claim “\(name)”, which says the role here")
        }
        let values = Self.texts(value)
        let found = Set(values.compactMap { text in roles.map { $0[text] } ?? Role(rawValue: text) })
        guard let role = Role.allCases.first(where: found.contains) else {
            throw AuthenticationFailure(.claims, "no value of the token's claim “\(name)” is a role here: ask who runs the server")
        }
        return role
    }

    /// The elements of a list; a string by itself, and its words, since `scope` has several in one string.
    private static func texts(_ value: JSONValue) -> [String] {
        if let list = value.array { return list.compactMap(\.string) }
        return value.string.map { [$0] + $0.split(separator: " ").map(String.init) } ?? []
    }
}
