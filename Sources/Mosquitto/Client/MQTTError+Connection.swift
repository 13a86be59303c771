import CMosquitto

/// The errors of connections that a broker refuses or ends.
extension MQTTError {
    /// The broker refuses CONNECT with this reason. `is311`: the broker was asked with MQTT 3.1.1.
    static func connectionRefused(
        by broker: BrokerAddress, _ reason: Int32, is311: Bool, _ options: MQTTClientOptions
    ) -> MQTTError {
        let isOldReason = is311 && reason < 128
        let text = isOldReason ? String(cString: mosquitto_connack_string(reason)) : Library.describe(reason: reason)
        let isLogin = isOldReason ? [4, 5].contains(reason) : [134, 135, 140].contains(reason)
        let user = broker.user ?? options.user
        let hint =
            user.map { "; see the user “\($0)” and its password, here and at the broker" } ?? "; it wants a user and a password"
        return MQTTError(
            isLogin ? .login : .refused, "\(broker) refuses the connection of “\(options.clientID)”: \(text)\(isLogin ? hint : "")")
    }

    /// The broker refuses a subscription with this reason.
    static func subscriptionRefused(by broker: BrokerAddress, _ filter: String, _ reason: Int32) -> MQTTError {
        MQTTError(
            .forbidden, "\(broker) refuses the subscription to \(filter): \(Library.describe(reason: reason)); see its access list")
    }

    /// The broker ended the connection with this reason of MQTT 5.
    static func dismissed(by broker: BrokerAddress, _ reason: Int32, clientID: String) -> MQTTError {
        switch UInt32(bitPattern: reason) {
        case MQTT_RC_SESSION_TAKEN_OVER.rawValue:
            takenOver("\(broker) ended the connection: another client connected", clientID: clientID)
        case MQTT_RC_NOT_AUTHORIZED.rawValue, MQTT_RC_BANNED.rawValue:
            MQTTError(.login, "\(broker) ended the connection: \(Library.describe(reason: reason))")
        default: MQTTError(.connectionLost, "\(broker) ended the connection: \(Library.describe(reason: reason))")
        }
    }

    /// Another client connected with the same client id; `what` says what shows that.
    static func takenOver(_ what: String, clientID: String) -> MQTTError {
        MQTTError(
            .takenOver,
            "\(what) with the client id “\(clientID)”. Two servers, or two entries, with one clientId throw each other out: give each its own"
        )
    }

    /// The connection ended before the broker had answered CONNECT. `isEncrypted`: the TLS handshake was done; `nil` without TLS.
    static func endedUnanswered(by broker: BrokerAddress, _ reason: String, isEncrypted: Bool?) -> MQTTError {
        let hint =
            switch isEncrypted {
            case nil: "a broker that wants TLS does that: then it is mqtts://"
            case false?: "perhaps no TLS is spoken there: is it the broker's port for mqtts?"
            // TLS 1.3: the client's side of the handshake ends before the broker has looked at the client's certificate.
            case true?: "a broker that wants a certificate of ours, or does not accept it, does that: see tls.certificate"
            }
        return MQTTError(
            broker.isSecure ? .tls : .unreachable, "\(broker) ended the connection before it answered (\(reason)); \(hint)")
    }
}
