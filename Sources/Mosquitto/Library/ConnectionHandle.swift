import CMosquitto
internal import COpenSSL
import Glibc

/// One connection of libmosquitto. The handle is made for the connection and destroyed with it.
///
/// A handle is never connected twice. libmosquitto keeps unacknowledged messages and sends them again after a reconnect, in
/// addition to the caller's own repeats. A handle that ends with its connection cannot.
///
/// Not `Sendable`: the handle is used only on the client's thread. The callbacks only collect ``events`` and messages, so that no
/// code of the client runs inside libmosquitto's locks. In threaded mode (`mosquitto_threaded_set`) every packet, PUBACKs too, is
/// queued and leaves only through ``write()``.
final class ConnectionHandle {
    /// An event that libmosquitto reported during a call.
    enum Event {
        case connected(Connack)
        case subscribed(packetID: UInt16, granted: [Int32])
        /// The broker acknowledged a message, or a message of QoS 0 was written.
        case published(packetID: UInt16, reason: Int32)
        /// The broker sent DISCONNECT with this reason of MQTT 5.
        case dismissed(reason: Int32)
    }

    /// The broker's answer to CONNECT, with the limits that it sets.
    struct Connack {
        var reason: Int32
        var sessionPresent: Bool
        var receiveMaximum: Int?
        var keepAlive: Duration?
    }

    let client: OpaquePointer
    private let clientID: String
    private let payloadLimit: Int
    private let isVersion5: Bool
    private let subscriptionQuality: QualityOfService
    let tls: TLSContext?
    /// The rest of a ping that the socket did not take at once; see ``ping()``.
    var unwritten: ArraySlice<UInt8> = []
    /// How many bytes of payload wait for ``takeMessages()``.
    private(set) var messageBytes = 0
    /// The first few errors that libmosquitto logged, including OpenSSL's.
    private(set) var complaints: [String] = []
    fileprivate var events: [Event] = []
    fileprivate var messages: [InboundMessage] = []
    /// The flags of the PUBLISH that is being handled: see ``noteLog(_:)``.
    fileprivate var announcement: (packetID: UInt16, isRedelivery: Bool)?
    /// Set when libmosquitto handed over a message without telling whether it is a redelivery.
    private(set) var lacksRedeliveryFlag = false

    /// Makes a handle for a connection to `broker`, and reads the files of TLS.
    init(_ options: MQTTClientOptions, to broker: BrokerAddress, version: MQTTVersion) throws(MQTTError) {
        try Library.initialize()
        tls = broker.isSecure ? try TLSContext(options.tls, host: broker.host) : nil
        guard let client = mosquitto_new(options.clientID, options.cleanStart, nil) else {
            throw MQTTError(.library, "libmosquitto has no memory for a client")
        }
        self.client = client
        clientID = options.clientID
        payloadLimit = options.payloadLimit
        subscriptionQuality = options.subscriptionQuality
        isVersion5 = version != .v311
        mosquitto_user_data_set(client, Unmanaged.passUnretained(self).toOpaque())
        try configure(options, broker)
        installCallbacks()
    }

    deinit { mosquitto_destroy(client) }

    private func configure(_ options: MQTTClientOptions, _ broker: BrokerAddress) throws(MQTTError) {
        var code = mosquitto_threaded_set(client, true)
        func set(_ option: mosq_opt_t, _ value: Int) {
            if code == 0 { code = tallywire_mosquitto_option(client, Int32(option.rawValue), Int32(value)) }
        }
        set(MOSQ_OPT_PROTOCOL_VERSION, isVersion5 ? Int(MQTT_PROTOCOL_V5) : Int(MQTT_PROTOCOL_V311))
        set(MOSQ_OPT_RECEIVE_MAXIMUM, options.receiveMaximum)
        // The client limits what is on its way. libmosquitto's default of 20 would let the rest gather in libmosquitto's own queue.
        set(MOSQ_OPT_SEND_MAXIMUM, options.window)
        set(MOSQ_OPT_TCP_NODELAY, 1)
        let (user, password) = broker.user == nil ? (options.user, options.password) : (broker.user, broker.password)
        if code == 0, let user { code = mosquitto_username_pw_set(client, user, password) }
        if let tls {
            // libmosquitto's defaults are for contexts that it makes itself.
            set(MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0)
            if code == 0 { code = mosquitto_void_option(client, MOSQ_OPT_SSL_CTX, UnsafeMutableRawPointer(tls.pointer)) }
        }
        if code == 0, let will = options.will {
            code = mosquitto_will_set(
                client, will.topic, Int32(will.payload.count), will.payload, Int32(will.quality.rawValue), will.retain)
        }
        guard code == 0 else {
            throw MQTTError(
                .invalidOptions, "libmosquitto \(Library.version) refuses the client's options: \(Library.describe(code))")
        }
    }

    private func installCallbacks() {
        mosquitto_connect_v5_callback_set(client) { _, context, reason, flags, properties in
            var receiveMaximum: UInt16 = 0
            let hasMaximum =
                mosquitto_property_read_int16(properties, Int32(MQTT_PROP_RECEIVE_MAXIMUM.rawValue), &receiveMaximum, false) != nil
            var seconds: UInt16 = 0
            let hasSeconds =
                mosquitto_property_read_int16(properties, Int32(MQTT_PROP_SERVER_KEEP_ALIVE.rawValue), &seconds, false) != nil
            handle(context).events.append(
                .connected(
                    Connack(
                        reason: reason, sessionPresent: flags & 1 != 0, receiveMaximum: hasMaximum ? Int(receiveMaximum) : nil,
                        keepAlive: hasSeconds && seconds > 0 ? .seconds(Int(seconds)) : nil)))
        }
        mosquitto_disconnect_v5_callback_set(client) { _, context, reason, _ in
            // Codes of the library are below 128, and the call that failed has returned them already.
            if reason >= 128 { handle(context).events.append(.dismissed(reason: reason)) }
        }
        mosquitto_subscribe_v5_callback_set(client) { _, context, packetID, count, granted, _ in
            let codes = granted.map { Array(UnsafeBufferPointer(start: $0, count: Int(count))) } ?? []
            handle(context).events.append(.subscribed(packetID: UInt16(truncatingIfNeeded: packetID), granted: codes))
        }
        mosquitto_publish_v5_callback_set(client) { _, context, packetID, reason, _ in
            handle(context).events.append(.published(packetID: UInt16(truncatingIfNeeded: packetID), reason: reason))
        }
        mosquitto_message_v5_callback_set(client) { _, context, message, properties in
            guard let message else { return }
            handle(context).receive(message.pointee, properties)
        }
        mosquitto_log_callback_set(client) { _, context, level, text in
            guard let text else { return }
            if level == MOSQ_LOG_DEBUG { handle(context).noteLog(text) }
            if level == MOSQ_LOG_ERR { handle(context).noteComplaint(text) }
        }
    }

    /// Stops libmosquitto's log, which formats a line for each packet that nobody reads.
    func closeLog() { mosquitto_log_callback_set(client, nil) }

    /// Returns the events since the last call.
    func takeEvents() -> [Event] {
        guard !events.isEmpty else { return [] }
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Returns the messages since the last call. They are separate from the events because there are many.
    func takeMessages() -> [InboundMessage] {
        defer {
            messages = []
            messageBytes = 0
        }
        return messages
    }

    /// How many messages wait for ``takeMessages()``.
    var messageCount: Int { messages.count }
}

// MARK: Receiving

extension ConnectionHandle {
    /// Takes the DUP flag from libmosquitto's debug line.
    ///
    /// `struct mosquitto_message` does not have the flag. But right before the callback, on the same thread, `handle__publish` logs
    /// `Client ID received PUBLISH (d1, q1, r0, m7, 'topic', ... (13 bytes))`, the same in every version since 1.0. If a version
    /// stops doing so, the client reports it and takes no message, so that no scan is counted twice.
    fileprivate func noteLog(_ text: UnsafePointer<CChar>) {
        guard let flags = strstr(text, " received PUBLISH (d"), strncmp(text, "Client ", 7) == 0 else { return }
        let digits = flags + 20
        guard let id = strstr(digits, ", m") else { return }
        announcement = (UInt16(truncatingIfNeeded: strtol(id + 3, nil, 10)), digits.pointee == CChar(UInt8(ascii: "1")))
    }

    fileprivate func noteComplaint(_ text: UnsafePointer<CChar>) {
        guard complaints.count < 8 else { return }
        // `OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed`: only the end is meant for people.
        let line = String(cString: text)
        complaints.append(line.contains("OpenSSL") ? line.split(separator: ":").last.map(String.init) ?? line : line)
    }

    fileprivate func receive(_ message: mosquitto_message, _ properties: OpaquePointer?) {
        let packetID = message.qos > 0 ? UInt16(truncatingIfNeeded: message.mid) : nil
        defer { announcement = nil }
        guard let announcement, announcement.packetID == packetID ?? 0 else {
            lacksRedeliveryFlag = true
            return
        }
        let size = Int(message.payloadlen)
        var payload: [UInt8] = []
        if size > 0, size <= payloadLimit, let bytes = message.payload {
            payload = Array(UnsafeRawBufferPointer(start: bytes, count: size))
        }
        let received = InboundMessage(
            topic: String(cString: message.topic), payload: payload, size: size, packetID: packetID,
            isRedelivery: announcement.isRedelivery, isRetained: message.retain,
            responseTopic: MessageProperties.string(MQTT_PROP_RESPONSE_TOPIC, in: properties),
            correlationData: MessageProperties.bytes(MQTT_PROP_CORRELATION_DATA, in: properties),
            contentType: MessageProperties.string(MQTT_PROP_CONTENT_TYPE, in: properties),
            userProperties: MessageProperties.userProperties(in: properties))
        messages.append(received)
        messageBytes += received.bytes
    }
}

// MARK: Acting

extension ConnectionHandle {
    /// Opens the connection to `address`, which is a numeric address of `broker`, and queues CONNECT. Blocks until the host
    /// answers. With `MOSQ_ERR_ERRNO`, `errno` has the reason.
    func connect(_ options: MQTTClientOptions, to broker: BrokerAddress, at address: String) -> Int32 {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        let expiry = UInt32(clamping: options.sessionExpiry.components.seconds)
        if isVersion5, expiry > 0 {
            let code = mosquitto_property_add_int32(&properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), expiry)
            guard code == 0 else { return code }
        }
        return mosquitto_connect_bind_v5(
            client, address, Int32(broker.port), Int32(options.keepAlive.components.seconds), nil, properties)
    }

    /// Queues one SUBSCRIBE for `filters`, all with the quality of service of the options. Returns its packet id.
    func subscribe(_ filters: [String]) -> Result<UInt16, CodeError> {
        var packetID: Int32 = 0
        var pointers = filters.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        let code = pointers.withUnsafeMutableBufferPointer { buffer in
            mosquitto_subscribe_multiple(
                client, &packetID, Int32(buffer.count), buffer.baseAddress, Int32(subscriptionQuality.rawValue), 0, nil)
        }
        return code == 0 ? .success(UInt16(truncatingIfNeeded: packetID)) : .failure(CodeError(code: code))
    }

    /// Queues `message`. Returns its packet id.
    func publish(_ message: MQTTMessage) -> Result<UInt16, CodeError> {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        var code = isVersion5 ? MessageProperties.add(message, to: &properties) : 0
        var packetID: Int32 = 0
        if code == 0 {
            code = mosquitto_publish_v5(
                client, &packetID, message.topic, Int32(message.payload.count), message.payload, Int32(message.quality.rawValue),
                message.retain, properties)
        }
        return code == 0 ? .success(UInt16(truncatingIfNeeded: packetID)) : .failure(CodeError(code: code))
    }

    /// Queues DISCONNECT.
    func disconnect() -> Int32 { mosquitto_disconnect_v5(client, 0, nil) }

    /// The socket, or a negative number once it is closed.
    var socket: Int32 { mosquitto_socket(client) }
    var wantsToWrite: Bool { !unwritten.isEmpty || mosquitto_want_write(client) }

    /// Reads one packet, or a few if publications are on their way, or as much of one packet as has come.
    func read() -> Int32 { mosquitto_loop_read(client, 1) }
    /// Writes the queue, as far as the socket takes it.
    func write() -> Int32 { writeRest() ? mosquitto_loop_write(client, 1) : 0 }
    /// Queues a ping when it is time, and closes a connection whose last ping was not answered.
    func keepAlive() -> Int32 { mosquitto_loop_misc(client) }

    /// A code of the library.
    struct CodeError: Error {
        let code: Int32
    }
}

/// The handle for which a callback is called. `mosquitto_user_data_set` stores it, unretained. Callbacks come only from calls that
/// the handle itself makes.
private func handle(_ context: UnsafeMutableRawPointer?) -> ConnectionHandle {
    guard let context else { preconditionFailure("libmosquitto lost the client's user data") }
    return Unmanaged<ConnectionHandle>.fromOpaque(context).takeUnretainedValue()
}

/// Writes and checks that bypass libmosquitto.
extension ConnectionHandle {
    /// Writes a PINGREQ to the connection itself. Only between whole packets, which means while libmosquitto has begun none.
    ///
    /// libmosquitto's own ping would come after the acknowledgements that are held back. libmosquitto reads the broker's answer and
    /// only notes that no answer is missing.
    func ping() {
        guard unwritten.isEmpty else { return }
        // MQTT 5, section 3.12: the type 12 in the upper half, and no more bytes.
        unwritten = [0xC0, 0x00]
        _ = writeRest()
    }

    /// Writes the rest of a ping. Returns whether nothing is left. A connection that fails here fails again at the next read or
    /// write.
    func writeRest() -> Bool {
        while !unwritten.isEmpty {
            let count = unwritten.withUnsafeBytes { bytes -> Int in
                guard let connection = mosquitto_ssl_get(client) else {
                    return send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                defer { ERR_clear_error() }
                return Int(SSL_write(OpaquePointer(connection), bytes.baseAddress, Int32(bytes.count)))
            }
            guard count > 0 else { return false }
            unwritten = unwritten.dropFirst(count)
        }
        return true
    }

    /// Whether something can be read right now. `poll` does not see bytes that TLS has decrypted already.
    var hasInput: Bool {
        if let connection = mosquitto_ssl_get(client), SSL_pending(OpaquePointer(connection)) > 0 { return true }
        return Socket.isReadable(socket)
    }

    /// Why TLS failed; `nil` if it did not.
    var tlsProblem: String? { tls?.problem(complaints) }
}
