import TallywireConfiguration

/// Checks `auth` and `http` together: who may use the server.
extension ConfigurationCheck {
    /// Keys that only `auth.mode` `jwt` uses. With `open` they would look like a protection and be none.
    private static let forTokens = [
        "secret", "jwks", "issuer", "roles", "keyServer", "audience", "clockSkew", "required", "deadline", "users", "session",
        "sessionLimit",
    ]

    mutating func checkAuthentication(_ root: ConfigurationValue, _ checked: ConfigurationValue?) {
        let place = root["auth"]?["mode"]?.origin ?? root["auth"]?.origin ?? root["http"]?["host"]?.origin ?? root.origin
        switch checked?["auth"]?["mode"]?.string {
        case "open": checkOpen(root, checked, place)
        case "jwt":
            checkTokens(root, place, jwks: checked?["auth"]?["jwks"]?.string)
        default: break
        }
    }

    private mutating func checkOpen(
        _ root: ConfigurationValue, _ checked: ConfigurationValue?, _ place: ConfigurationValue.Origin
    ) {
        if let name = checked?["http"]?["host"]?.string, !LoopbackHost.matches(name) {
            check.report(
                place, "auth.mode “open” lets everybody do everything, so http.host must be a loopback address, not “\(name)”")
        }
        if case .object(let members) = root["auth"]?.content {
            for member in members where Self.forTokens.contains(member.key) {
                check.report(member.keyOrigin, "“\(member.key)” has no effect with auth.mode “open”: set \"mode\": \"jwt\"")
            }
        }
        if case .list(let origins) = root["http"]?["origins"]?.content {
            for origin in origins where origin.string == "*" {
                check.report(
                    origin.origin,
                    "with auth.mode “open”, “*” lets every web site that somebody has open here change everything: name the origins"
                )
            }
        }
    }

    /// `jwks` is the file or URL with its variables filled in.
    private mutating func checkTokens(_ root: ConfigurationValue, _ place: ConfigurationValue.Origin, jwks: String?) {
        let auth = root["auth"]
        let isURL = jwks?.contains("://") ?? false
        switch (auth?["secret"], auth?["jwks"]) {
        case (nil, nil): check.report(place, "auth.mode “jwt” needs the key “secret” or “jwks”: what tokens are signed with")
        case (.some, let jwks?) where !isURL:
            check.report(
                jwks.origin, "“secret” and “jwks” exclude each other: a JWKS can hold a secret too, as a key of “kty” “oct”")
        default: break
        }
        checkOthersTokens(auth, isURL: isURL)
        checkUsers(auth)
        if auth?["deadline"] != nil, case .bool(false)? = auth?["required"]?.content ?? .bool(false),
            let member = auth.flatMap({ $0.member("deadline") })
        {
            check.report(member.keyOrigin, "“deadline” has no effect without \"required\": true")
        }
    }
}

extension ConfigurationCheck {
    /// What is said about others' tokens needs their keys, and a URL needs to know whose tokens they are.
    private mutating func checkOthersTokens(_ auth: ConfigurationValue?, isURL: Bool) {
        if isURL, let jwks = auth?.member("jwks"), auth?["issuer"] == nil {
            check.report(
                jwks.keyOrigin,
                "a URL in “jwks” needs “issuer”: one server of keys may serve many issuers, and the “iss” of their tokens tells them apart"
            )
        }
        for key in ["issuer", "roles"] where auth?["jwks"] == nil {
            guard let member = auth?.member(key) else { continue }
            check.report(
                member.keyOrigin,
                "“\(key)” has no effect without “jwks”: tokens that are signed with “secret” are this server's own, and say their “role”"
            )
        }
        if !isURL, let member = auth?.member("keyServer") {
            check.report(member.keyOrigin, "“keyServer” has no effect without a URL in “jwks”")
        }
    }

    /// A user who signs in gets a token from this server, so the server needs a key to sign it with.
    private mutating func checkUsers(_ auth: ConfigurationValue?) {
        guard case .list(let users)? = auth?["users"]?.content, !users.isEmpty else {
            for key in ["session", "sessionLimit"] {
                if let member = auth?.member(key) { check.report(member.keyOrigin, "“\(key)” has no effect without “users”") }
            }
            return
        }
        if auth?["secret"] == nil, auth?["jwks"] != nil, let member = auth?.member("users") {
            check.report(
                member.keyOrigin, "“users” needs “secret”: who signs in with a password gets a token that this server signs")
        }
        var names: Set<String> = []
        for user in users {
            guard let name = user["name"], let text = name.string else { continue }
            if !names.insert(text).inserted { check.report(name.origin, "the user “\(text)” is there twice") }
        }
    }
}

extension ConfigurationValue {
    fileprivate func member(_ key: String) -> Member? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.key == key }
    }
}
