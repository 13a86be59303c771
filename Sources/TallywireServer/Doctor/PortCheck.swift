import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PipelineHost
import SQLiteJournal
import TallywireCommands
import TallywireCore

/// Whether the server could listen on its port, or does so already.
struct PortCheck: Sendable {
    /// Who answers on a port that is in use.
    enum Occupant: Equatable, Sendable {
        /// The server of this configuration.
        case ours
        /// A Tallywire with another journal.
        case another
        /// Something that is no Tallywire, or does not answer.
        case stranger
    }

    /// Such as `127.0.0.1:8080`.
    let address: String
    /// Why nobody can listen there now; `nil` if the port is free.
    var problem: String?
    /// `nil` if the port is free, or is not in use but cannot be listened on.
    var occupant: Occupant?

    var finding: Finding {
        guard let problem else { return .ok("port", "\(address) is free") }
        switch occupant {
        case .ours: return .ok("port", "\(address) is in use by the server of this configuration")
        case .another:
            return .wrong(
                "port", "\(address) is in use by a Tallywire server with another journal",
                "stop that server, or give one of both another http.port")
        case .stranger:
            return .wrong(
                "port", "\(address) is in use by another program",
                "find it with ss -ltnp, and stop it, or set another http.port")
        case nil:
            return .wrong(
                "port", "\(address) cannot be listened on: \(problem)",
                "set http.host to an address of this machine, and http.port to a port that this user may open (from 1024 on)")
        }
    }

    /// Tries to listen, and asks who answers if the port is in use. `nil` for a configuration that leaves the port open.
    static func run(_ settings: PipelineConfiguration) async -> PortCheck? {
        let http = settings.http
        guard http.port != 0 else { return nil }
        let address = "\(http.host.contains(":") ? "[\(http.host)]" : http.host):\(http.port)"
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: http.host, port: http.port).get()
            try await channel.close()
            return PortCheck(address: address)
        } catch {
            let code = (error as? IOError)?.errnoCode
            let reason = code.map { String(cString: strerror($0)) } ?? "\(error)"
            let occupant = code == EADDRINUSE ? await occupant(of: settings) : nil
            return PortCheck(address: address, problem: reason, occupant: occupant)
        }
    }

    private struct Ready: Decodable { let status, epoch: String? }

    private static func occupant(of settings: PipelineConfiguration) async -> Occupant {
        let http = settings.http
        let host = ["0.0.0.0": "127.0.0.1", "::": "[::1]"][http.host] ?? (http.host.contains(":") ? "[\(http.host)]" : http.host)
        let url = "\(http.tls == nil ? "http" : "https")://\(host):\(http.port)"
        guard let live = await ask(url + "/health/live"), live.status == "live" else { return .stranger }
        let own = SQLiteJournal.epoch(at: settings.journal.path)
        // A server that is not ready does not say its epoch. Then the process that has this journal is taken for it.
        guard let epoch = await ask(url + "/health/ready")?.epoch else {
            return RunningServer(journal: settings.journal.path) == nil ? .another : .ours
        }
        return epoch == own ? .ours : .another
    }

    /// The answer; `nil` for none, or for another than a Tallywire gives. It sends no secret, so any certificate will do.
    private static func ask(_ url: String) async -> Ready? {
        var request = HTTPClientRequest(url: url)
        request.tlsConfiguration = .clientDefault
        request.tlsConfiguration?.certificateVerification = .none
        guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(3)),
            let body = try? await response.body.collect(upTo: 64 << 10)
        else { return nil }
        return try? JSONDecoder().decode(Ready.self, fromOutside: Data(body.readableBytesView))
    }
}
