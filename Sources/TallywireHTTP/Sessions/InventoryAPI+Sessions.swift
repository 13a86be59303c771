import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireAccess
import TallywireCore
import TallywireRequests

/// `/api/session`: who the caller is, signing in, and staying signed in.
///
/// There are no cookies. A token is sent only in `Authorization`, which no browser sends by itself. So a page of another site
/// cannot act for a user who is signed in here.
extension InventoryAPI {
    /// Says what the server requires of callers, and who the caller is. A bad token gets 401, so that a page can check its token.
    func getSession(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let principal = try await access.principal(authorization: request.headers[values: .authorization])
        let anonymous = access.authenticator.anonymousAccess
        return .json(headers: [.cacheControl: "no-store"]) { json in
            json.object { json in
                json.member("mode", anonymous == .everything ? "open" : "jwt")
                json.member("required", anonymous == .nothing)
                json.member("passwords", signIn != nil)
                json.key("user")
                if let principal { json.string(principal.subject) } else { json.null() }
                json.key("role")
                if let principal { json.string(principal.role.rawValue) } else { json.null() }
                json.key("expiresAt")
                if let end = principal?.validUntil { json.timestamp(end) } else { json.null() }
                json.member("renewable", signIn != nil && principal?.signedInAt != nil)
            }
        }
    }

    func createSession(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await decode(SignInBody.self, from: request, context)
        guard let signIn else { throw Problem.noSignIn }
        let caller = configuration.proxies.caller(
            peer: IPAddress(context.channel.remoteAddress), forwardedFor: request.headers[values: .forwardedFor])
        if let seconds = attempts.pause(name: body.user, address: caller) {
            port.refused(.signInAttempts)
            throw Problem.tooManyAttempts(seconds)
        }
        do {
            let session = try await signIn.session(user: body.user, password: body.password)
            attempts.succeeded(name: body.user, address: caller)
            return response(with: session)
        } catch {
            throw problem(error, request)
        }
    }

    func renewSession(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let signIn, let principal = context.principal else { throw Problem.noSignIn }
        do {
            return response(with: try signIn.renewal(for: principal))
        } catch {
            throw problem(error, request)
        }
    }

    private func response(with session: Session) -> Response {
        .json(headers: [.cacheControl: "no-store"]) { json in
            json.object { json in
                json.member("token", session.token)
                json.member("expiresAt", session.expiresAt)
                json.member("role", session.role.rawValue)
                json.member("user", session.subject)
            }
        }
    }

    private func problem(_ failure: SignInFailure, _ request: Request) -> Problem {
        switch failure {
        case .refused: return .unauthenticated("the name or the password is not right", error: nil)
        case .overloaded: return .overloaded("many people are signing in; try again in a moment")
        case .notRenewable(let reason): return .forbidden(reason)
        case .unavailable: return .unavailable("no token can be signed now: the server's log says why")
        }
    }
}

/// The body of `POST /api/session`.
struct SignInBody: Decodable {
    let user: String
    let password: String

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["user", "password"])
        user = try members.required(members.text("user"), "user")
        guard (1...200).contains(user.unicodeScalars.count) else {
            throw members.error(at: "user", "1 to 200 characters are expected")
        }
        password = try members.required(members.text("password"), "password")
        guard (1...1_024).contains(password.utf8.count) else {
            throw members.error(at: "password", "1 to 1024 bytes are expected")
        }
    }
}

extension Problem {
    fileprivate static let noSignIn = Problem(
        .notFound, code: "not_found", title: "No such path",
        detail: "nobody signs in with a password here: plugins.json has no auth.users")

    fileprivate static func tooManyAttempts(_ seconds: Int) -> Problem {
        Problem(
            .tooManyRequests, code: "rate_limited", title: "Too many requests",
            detail: "too many attempts to sign in with this name or from this address; wait \(seconds) seconds", retryAfter: seconds
        )
    }
}
