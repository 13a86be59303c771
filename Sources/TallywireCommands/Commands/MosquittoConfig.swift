import ArgumentParser
import Foundation
import Mosquitto

struct MosquittoConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mosquitto-config",
        abstract: "Write an access list, a password file and a configuration for mosquitto.",
        discussion: """
            The files let the server do what plugins.json asks for, a scanner publish under its own name alone, and a display only read. Each \
            logs in with its name. Scanners that plugins.json names are included. Passwords that are not given are made up, and \
            printed once.
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: ArgumentHelp("Leave these sources and sinks out.", valueName: "name,…")) var without: [String] = []
    @Option(help: ArgumentHelp("The folder to write to, made if it is not there.", valueName: "dir")) var output = "mosquitto"
    @Option(help: ArgumentHelp("A scanner's name. May be repeated.", valueName: "name")) var scanner: [String] = []
    @Option(
        help: ArgumentHelp(
            "A display's name, with =LOCATION for one that may read that location alone. May be repeated.", valueName: "name"))
    var display: [String] = []
    @Option(help: ArgumentHelp("A password, as USER=PASSWORD. May be repeated.", valueName: "password")) var password: [String] = []
    @Option(help: ArgumentHelp("The broker's own certificate, for mqtts.", valueName: "file")) var certificate: String?
    @Option(help: ArgumentHelp("The key of the broker's certificate.", valueName: "file")) var key: String?
    @Option(help: ArgumentHelp("Rounds of the passwords' hash.", valueName: "n")) var iterations = 1000
    @Flag(help: "Replace files that are there.") var force = false

    func validate() throws {
        for name in scanner + displays.map(\.name) {
            if let mistake = Self.mistake(inName: name) { throw ValidationError("“\(name)”: \(mistake)") }
        }
        for text in password where text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).count < 2 {
            throw ValidationError("--password “\(text)” is not USER=PASSWORD")
        }
        guard (1...10_000_000).contains(iterations) else { throw ValidationError("--iterations is 1 to 10000000") }
    }

    func run() async throws {
        let settings = try configuration.load(without: names(in: without))
        let access = try BrokerAccess(settings, scanners: scanner, displays: displays)
        let folder = URL(fileURLWithPath: output).path
        let files = MosquittoFiles(
            access: access,
            settings: .init(folder: folder, certificate: certificate, key: key, iterations: iterations))
        let (passwords, made) = try choosePasswords(access)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure("error: \(folder) cannot be made: \(error.localizedDescription)")
        }
        let contents = [
            (MosquittoFiles.names.access, files.accessList), (MosquittoFiles.names.passwords, try files.passwordFile(passwords)),
            (MosquittoFiles.names.configuration, files.configuration),
        ]
        if !force, let taken = contents.map(\.0).first(where: { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }) {
            throw Failure("error: \(folder)/\(taken) is there already; --force replaces it")
        }
        for (name, text) in contents { try PrivateFile.write(text, to: "\(folder)/\(name)", replacing: force) }
        try Output.standard.print("Wrote \(contents.map { "\(folder)/\($0.0)" }.joined(separator: ", ")).")
        try explain(access, made)
    }

    /// Returns the password of each user, and the passwords that were generated.
    private func choosePasswords(_ access: BrokerAccess) throws -> (all: [String: String], made: [(user: String, password: String)])
    {
        var given: [String: String] = [:]
        for text in password {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            given[parts[0]] = parts[1]
        }
        if let unknown = given.keys.sorted().first(where: { name in !access.users.contains { $0.name == name } }) {
            throw Failure.usage("--password: there is no user “\(unknown)”")
        }
        var made: [(user: String, password: String)] = []
        for user in access.users where given[user.name] == nil {
            if let mistake = Self.mistake(inName: user.name) { throw Failure("error: the user “\(user.name)”: \(mistake)") }
            if let own = user.password {
                given[user.name] = own
            } else {
                let password = Self.randomPassword()
                given[user.name] = password
                made.append((user.name, password))
            }
        }
        return (given, made)
    }

    private func explain(_ access: BrokerAccess, _ made: [(user: String, password: String)]) throws {
        if !made.isEmpty {
            let width = made.map(\.user.count).max() ?? 0
            try Output.standard.print("\nPasswords, shown only now:")
            for (user, password) in made {
                try Output.standard.print("  \(user)\(String(repeating: " ", count: width - user.count))  \(password)")
            }
        }
        if made.contains(where: { $0.user == access.users.first?.name }) {
            try Output.standard.print(
                """

                The server logs in as “\(access.users.first?.name ?? "")”: write its password to a file and add to its entries
                  "user": "\(access.users.first?.name ?? "")", "password": "${file:/run/secrets/mqtt}"
                """)
        }
        if access.broker.isSecure, certificate == nil || key == nil {
            try Output.standard.print(
                "\nThe broker speaks TLS: name its certificate and key in \(MosquittoFiles.names.configuration).")
        }
    }

    private var displays: [BrokerAccess.Display] {
        display.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return BrokerAccess.Display(name: parts[0], location: parts.count == 2 ? parts[1] : nil)
        }
    }

    /// Returns 144 random bits, in characters that need no quoting.
    private static func randomPassword() -> String {
        Data((0..<18).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_")
    }

    /// mosquitto refuses names that could be a filter. A colon ends the name in its file, and a topic level cannot contain a slash.
    private static func mistake(inName name: String) -> String? {
        let isName =
            !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix("#")
            && !name.unicodeScalars.contains { $0.value < 0x21 || "/+#:".unicodeScalars.contains($0) }
        return isName ? nil : "a user's name has 1 to 100 characters, none of them a space or one of / + # :"
    }
}
