import MQTTConnection
import Mosquitto
import TallywirePipeline

/// The broker of an entry of plugins.json, whatever else the entry says.
struct EntryBroker: BrokerOptions {
    var broker: BrokerAddresses
    var user: String?
    var password: String?
    var tls: TLSOptions?

    /// Reads the options of an entry whose plugin has a broker.
    init(_ options: ConfigurationValue) throws {
        self = try options.decode(EntryBroker.self)
    }

    /// Who logs in, if anybody does.
    var login: (user: String, password: String?)? {
        if let user = broker.first.user { return (user, broker.first.password) }
        return user.map { ($0, password) }
    }
}
