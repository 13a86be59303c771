import Foundation
import Mosquitto

/// The files with which mosquitto enforces a ``BrokerAccess``.
struct MosquittoFiles {
    /// The settings of the files besides the access.
    struct Settings {
        /// The folder in which mosquitto looks for the files.
        var folder: String
        /// The broker's own certificate and its key, for a listener with TLS.
        var certificate: String?
        var key: String?
        /// The iterations of the password's hash.
        var iterations: Int
    }

    let access: BrokerAccess
    let settings: Settings

    static let names = (access: "tallywire.acl", passwords: "tallywire.passwd", configuration: "tallywire.conf")

    /// mosquitto's ACL file.
    var accessList: String {
        var lines = ["# Made by tallywire mosquitto-config. Who is not named here and in the password file may do nothing."]
        for user in access.users {
            lines += ["", "# \(user.comment)", "user \(user.name)"] + user.rules
        }
        if !access.patterns.isEmpty {
            lines += [
                "", "# A scanner, which logs in with its own name: it publishes under that name alone, and reads its replies.",
            ]
            lines += access.patterns
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// mosquitto's password file, with these passwords by user.
    func passwordFile(_ passwords: [String: String]) throws -> String {
        try access.users.compactMap { user in
            guard let password = passwords[user.name] else { return nil }
            let salt = (0..<PasswordHash.saltLength).map { _ in UInt8.random(in: .min ... .max) }
            return "\(user.name):\(try PasswordHash.text(of: password, salt: salt, iterations: settings.iterations))\n"
        }.joined()
    }

    /// The file for mosquitto.conf.
    var configuration: String {
        let isLocal = ["127.0.0.1", "::1", "localhost"].contains(access.broker.host)
        var lines = [
            "# Made by tallywire mosquitto-config. Put it into /etc/mosquitto/conf.d, or run mosquitto -c with it.",
            "# The files are read by the user that mosquitto runs as: chown mosquitto \(settings.folder)/tallywire.*",
            "per_listener_settings false",
            "allow_anonymous false",
            "password_file \(settings.folder)/\(Self.names.passwords)",
            "acl_file \(settings.folder)/\(Self.names.access)",
            "",
            "listener \(access.broker.port)\(isLocal ? " 127.0.0.1" : "")",
        ]
        if access.broker.isSecure {
            let prefix = settings.certificate == nil || settings.key == nil ? "# " : ""
            lines += [
                "\(prefix)certfile \(settings.certificate ?? "/etc/mosquitto/certs/server.pem")",
                "\(prefix)keyfile \(settings.key ?? "/etc/mosquitto/certs/server.key")",
                "tls_version tlsv1.2",
            ]
        }
        lines += [
            "",
            "# Scans that come while the server is away wait here, over a restart of the broker too.",
            "persistence true",
            "# persistence_location /var/lib/mosquitto/",
            "autosave_interval 30",
            "max_queued_messages 100000",
            "# How many scans may be on their way to the server; the client limits it further.",
            "max_inflight_messages 4000",
            "set_tcp_nodelay true",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
