import Mosquitto
import TallywireConfiguration

/// The options that every plugin with a broker has in common: the broker's address, the user, and TLS.
public protocol BrokerOptions: Decodable, Sendable {
    var broker: BrokerAddresses { get }
    var user: String? { get }
    var password: String? { get }
    var tls: TLSOptions? { get }
}

extension BrokerOptions {
    /// Returns the options of a client `clientID` of these brokers. Throws ``/TallywirePipeline/OptionError`` for mistakes that no
    /// schema can express.
    public func connection(_ clientID: String) throws(OptionError) -> MQTTClientOptions {
        if password != nil, user == nil { throw OptionError("password", message: "“password” needs a “user”") }
        if tls != nil, !broker.all.contains(where: \.isSecure) {
            throw OptionError("tls", message: "“tls” is for brokers of mqtts://, and there is none")
        }
        let settings = tls?.settings ?? TLSSettings()
        if let problem = settings.problem { throw OptionError("tls", message: problem) }
        var options = MQTTClientOptions(broker: broker.first, clientID: clientID)
        options.brokers = broker
        options.user = user
        options.password = password
        options.tls = settings
        return options
    }

    /// Throws the errors of ``connection(_:)``, for the moment when a plugin is made.
    public func validateConnection() throws(OptionError) { _ = try connection("tallywire") }
}

/// `tls` in plugins.json.
public struct TLSOptions: Decodable, Sendable {
    var ca: String
    var certificate: String?
    var key: String?
    var keyPassword: String?
    var serverName: String?
    var verify: TLSSettings.Verification
    var alpn: [String]
    var minimumVersion: TLSSettings.Version

    var settings: TLSSettings {
        TLSSettings(
            trust: ca == "system" ? .system : .file(ca), certificate: certificate, key: key, keyPassword: keyPassword,
            serverName: serverName, verification: verify, applicationProtocols: alpn, minimumVersion: minimumVersion)
    }
}
