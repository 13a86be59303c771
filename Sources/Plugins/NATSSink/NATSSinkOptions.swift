import Foundation
import NATS
import TallywireConfiguration
import TallywirePipeline

/// The options of `nats`. The schema has their defaults.
struct NATSSinkOptions: Decodable, Sendable {
    var servers: Servers
    var stream: String
    var subject: String
    var payload: EventMessage.Payload
    var window: Int
    var timeout: Duration
    var credentials: Credentials?
    var tls: TLSFiles?
    var cloudEvents = CloudEvent.Options()

    /// One URL, or a list of them.
    struct Servers: Decodable, Sendable {
        let all: [String]

        init(_ all: [String]) { self.all = all }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let one = try? value.decode(String.self) { all = [one] } else { all = try value.decode([String].self) }
        }
    }

    struct Credentials: Decodable, Sendable {
        var file: String?
        var user: String?
        var password: String?
        var token: String?
    }

    /// The settings of a connection. ``validated()`` has to come before.
    var settings: NATSSettings {
        let shown: NATSSettings.Credentials? =
            if let file = credentials?.file {
                .file(file)
            } else if let token = credentials?.token {
                .token(token)
            } else if let user = credentials?.user, let password = credentials?.password {
                .user(user, password: password)
            } else {
                nil
            }
        return NATSSettings(
            servers: servers.all, timeout: timeout, credentials: shown,
            tls: tls.map { NATSSettings.TLS(ca: $0.authority, certificate: $0.certificate, key: $0.key) })
    }

    /// Returns the template of the subject. Throws what no schema can express.
    func validated() throws(OptionError) -> SubjectTemplate {
        for (index, server) in servers.all.enumerated() {
            let path = servers.all.count == 1 ? ["servers"] : ["servers", String(index)]
            guard let url = URLComponents(string: server), url.host?.isEmpty == false else {
                throw OptionError(path: path, message: "this is no URL with a host")
            }
            guard url.user == nil, url.password == nil else {
                throw OptionError(
                    path: path, message: "put the user and the password, or the token, into “credentials” and not into the URL")
            }
        }
        if let credentials {
            let given = [credentials.file != nil, credentials.user != nil || credentials.password != nil, credentials.token != nil]
            guard given.count(where: { $0 }) == 1, (credentials.user == nil) == (credentials.password == nil) else {
                throw OptionError("credentials", message: "give either “file”, or “user” and “password”, or “token”")
            }
        }
        if let mistake = tls?.mistake { throw mistake }
        do throws(TemplateMistake) {
            return try SubjectTemplate(subject)
        } catch {
            throw OptionError("subject", message: error.description)
        }
    }

    /// What is wrong, and what somebody can do about it.
    func explained(_ error: NATSError, subject: String? = nil) -> String {
        switch error.code {
        case .noJetStream:
            "the server has no JetStream for this account: start it with JetStream (nats-server -js), or let the account use it"
        case .noStream: "the server has no stream “\(stream)”: make it with “nats stream add \(stream)”"
        case .noTaker where subject != nil:
            "no stream takes the subject \(subject ?? ""): add it to the subjects of the stream “\(stream)”"
        case .forbidden:
            """
            \(error.message): the user has to publish to the subjects of the events, to $JS.API.STREAM.INFO.\(stream) and to \
            $JS.API.STREAM.MSG.GET.\(stream), and to subscribe to _INBOX.>
            """
        case .outOfStep:
            """
            others publish to the stream “\(stream)” all the time, so the order of events cannot be kept: give the sink a stream of its \
            own (\(error.message))
            """
        case .refused: "the stream “\(stream)” did not take a message: \(error.message)"
        default: error.message
        }
    }

    /// What `check --connect` finds: whether a server lets us in, has JetStream and the stream, and whether the stream takes the subjects.
    /// Nothing is published.
    func problems(_ context: ProbeContext) async -> [OptionError] {
        do {
            let sink = try NATSSink(self)
            defer { sink.close() }
            try await sink.begin(as: context.name, epoch: context.epoch ?? "none", after: 0)
            return []
        } catch let error as OptionError {
            return [error]
        } catch let error as NATSError {
            let option =
                switch error.code {
                case .noStream, .noTaker: "stream"
                case .forbidden where credentials != nil: "credentials"
                default: "servers"
                }
            return [OptionError(option, message: explained(error))]
        } catch {
            return [OptionError("servers", message: "\(error)")]
        }
    }
}
