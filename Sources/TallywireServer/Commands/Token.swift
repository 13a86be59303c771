import ArgumentParser
import PipelineHost
import TallywireAccess
import TallywireAuthentication
import TallywireCommands
import TallywireConfiguration
import TallywireCore
import TallywireEngine

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a token for a caller of a server whose auth.mode is jwt.",
        discussion: """
            Prints the token and nothing else. It is signed with the secret of plugins.json, or with the first private key of its JWKS file. \
            Whoever has it is that caller until it expires: hand it over as you would a password.
            """)

    @Option(help: "What the caller may be: admin, device or shop.") var role: Role
    @Option(help: ArgumentHelp("How long it is valid: 30s, 15m, 1h, 30d.", valueName: "duration")) var ttl = "1h"
    @Option(help: "The device that a caller of the role device acts for.") var device: String?
    @Option(help: "Who the caller is. Default: the device, or the role.") var subject: String?
    @OptionGroup var configuration: ConfigurationOptions

    /// A longer token would outlive everybody who knows of it.
    private static let longest = Duration.seconds(3650 * 86_400)

    func validate() throws {
        if role == .device, device == nil { throw ValidationError("--role device needs --device: the one device that it acts for") }
        if role != .device, device != nil { throw ValidationError("--device is only for --role device") }
        if let device, let mistake = DeviceName.mistake(in: device) { throw ValidationError("--device: \(mistake)") }
        if let subject, !(1...200).contains(subject.unicodeScalars.count) {
            throw ValidationError("--subject has 1 to 200 characters")
        }
        guard let ttl = Duration(configuration: ttl), ttl >= .seconds(1), ttl <= Self.longest else {
            throw ValidationError("--ttl “\(ttl)” is no duration from 1s to 3650d, such as 30s, 15m, 1h or 30d")
        }
    }

    func run() async throws {
        let settings = try configuration.load()
        guard settings.auth.mode == .jwt else {
            throw Failure(
                "error: \(configuration.plugins): auth.mode is “open”, so nobody needs a token; “jwt” with a secret asks for one",
                code: ExitCode(78))
        }
        let keys = TokenKeys(configuration: settings)
        let signer: TokenSigner
        do {
            signer = try TokenSigner(try await keys.read())
        } catch let error as KeyError {
            throw Failure("error: \(settings.auth.jwks ?? configuration.plugins): \(error.message)")
        }
        let now = Timestamp.now
        let seconds = Duration(configuration: ttl)?.components.seconds ?? 0
        let token = try signer.sign(
            TokenSigner.Claims(
                role: role, subject: subject ?? device ?? role.rawValue, device: device, audience: settings.auth.audience,
                issuedAt: now, expiresAt: Timestamp(milliseconds: now.milliseconds + seconds * 1000)))
        try Output.standard.print(token)
    }
}

extension Role: ExpressibleByArgument {}
