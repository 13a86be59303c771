import Synchronization
import TallywireAccess
import TallywireCore
import Testing

@testable import TallywireAuthentication

@Suite("Passwords and sessions")
struct SignInTests {
    private static let cheap = PasswordHash.Costs(logRounds: 10, parallelism: 1)
    private static let secret = "a secret of more than thirty-two bytes, for tests"

    /// A clock that stands where it is put.
    private final class ManualTime: Sendable {
        let time = Mutex(Timestamp(milliseconds: 1_795_365_600_000))
        func advance(_ seconds: Int64) { time.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + seconds * 1000) } }
    }

    private func passwordSignIn(_ clock: ManualTime, role: Role = .admin) async throws -> (PasswordSignIn, JWTAuthenticator) {
        let authenticator = JWTAuthenticator(try await KeySet.secret(Self.secret), clock: { clock.time.withLock { $0 } })
        let users = [
            PasswordSignIn.User(name: "anna", password: try PasswordHash(of: "correct horse", costs: Self.cheap), role: role)
        ]
        return (
            PasswordSignIn(users: users, authenticator: authenticator, times: .init(session: .seconds(100), limit: .seconds(250))),
            authenticator
        )
    }

    @Test("a hash is written and read back, matches its password alone, and is another each time")
    func hash() throws {
        let hash = try PasswordHash(of: "correct horse", costs: Self.cheap)
        let read = try #require(PasswordHash(hash.description))
        #expect(read == hash && read.matches("correct horse"))
        #expect(!read.matches("correct horsf") && !read.matches(""))
        #expect(try PasswordHash(of: "correct horse", costs: Self.cheap) != hash)
        #expect(try PasswordHash(of: "é", costs: Self.cheap).matches("e\u{301}"), "however it was typed")
    }

    @Test("the costs that the command takes work")
    func costs() throws {
        let hash = try PasswordHash(of: "x")
        #expect(hash.description.hasPrefix("$scrypt$ln=15,r=8,p=3$") && hash.matches("x"))
    }

    @Test(
        "what is no hash is refused, and so is one that would cost too much",
        arguments: [
            "", "hunter2", "$scrypt$ln=10,r=8$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$scrypt$ln=10,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        ])
    func noHash(text: String) { #expect(PasswordHash(text) == nil) }

    @Test("a right password gets a token that says who it is; a wrong one and an unknown name are refused alike")
    func signingIn() async throws {
        let (signIn, authenticator) = try await passwordSignIn(ManualTime())
        let session = try await signIn.session(user: "anna", password: "correct horse")
        let principal = try authenticator.principal(bearing: session.token)
        #expect(principal.subject == "anna" && principal.role == .admin && principal.validUntil == session.expiresAt)
        #expect(principal.signedInAt == authenticator.now)
        for (name, password) in [("anna", "wrong"), ("berta", "correct horse"), ("", "")] {
            await #expect(throws: SignInFailure.refused) { try await signIn.session(user: name, password: password) }
        }
    }

    @Test("a session is renewed while it is good, up to its limit, and only one that was signed in for")
    func renewing() async throws {
        let clock = ManualTime()
        let (signIn, authenticator) = try await passwordSignIn(clock)
        var session = try await signIn.session(user: "anna", password: "correct horse")
        for expected in [Int64(190), 250, 250] {
            clock.advance(90 - (expected == 250 ? 10 : 0))
            session = try signIn.renewal(for: try authenticator.principal(bearing: session.token))
            #expect(session.expiresAt.milliseconds - 1_795_365_600_000 == expected * 1000)
            if expected == 250 { break }
        }
        clock.advance(79)
        #expect(throws: SignInFailure.self) { try signIn.renewal(for: try authenticator.principal(bearing: session.token)) }
        let token = try authenticator.signer().sign(
            .init(
                role: .admin, subject: "anna", issuedAt: clock.time.withLock { $0 },
                expiresAt: Timestamp(milliseconds: 1_895_365_600_000)))
        #expect(throws: SignInFailure.self) { try signIn.renewal(for: try authenticator.principal(bearing: token)) }
    }

    @Test("a session is not renewed when the password was changed since, also not to the same one")
    func changedPassword() async throws {
        let clock = ManualTime()
        let (signIn, authenticator) = try await passwordSignIn(clock)
        let session = try await signIn.session(user: "anna", password: "correct horse")
        let principal = try authenticator.principal(bearing: session.token)
        #expect(try signIn.renewal(for: principal).subject == "anna")
        // Another hash, as after `tallywire password` and a restart.
        let (changed, _) = try await self.passwordSignIn(clock)
        #expect(throws: SignInFailure.notRenewable("the password was changed since: sign in again")) {
            try changed.renewal(for: principal)
        }
    }

    @Test("a user of the role device acts for the device of its name")
    func device() async throws {
        let (signIn, authenticator) = try await passwordSignIn(ManualTime(), role: .device)
        let session = try await signIn.session(user: "anna", password: "correct horse")
        #expect(try authenticator.principal(bearing: session.token).device == "anna")
    }
}
