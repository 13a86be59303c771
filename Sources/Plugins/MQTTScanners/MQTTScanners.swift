import Logging
import MQTTConnection
import Mosquitto
import TallywireCore
import TallywirePipeline

/// The source `mqtt-scanners`.
///
/// ## The way of a batch
/// One client listens, in a session that the broker keeps. What it reads at once is a batch, or several when it is much: each message
/// becomes a command or a refusal, all commands are submitted in order, and when every one of a batch is decided, that is on disk, the
/// answers are published by a second client. Meanwhile the next batches are read and submitted. Only when the broker has all answers, the
/// acknowledgements leave. If the server dies at any point before, the broker delivers the batch again, and the ids make that harmless: see
/// ``PacketNumbering`` for scans that have none.
///
/// There are two clients because libmosquitto queues an acknowledgement before it hands over the message: on one connection each would
/// leave before its answer.
///
/// ## When the journal cannot write
/// Nothing is acknowledged and nothing answered. The batch is submitted again with growing pauses; scanners get their answers when it is
/// decided. The client pings meanwhile. Should the connection end all the same, the broker delivers the batch again afterwards, which then
/// gives the same answers as duplicates.
struct MQTTScanners: Source {
    private let options: ScannerOptions
    private let topic: ScanTopic
    /// Where devices say whether they are there; `nil` if nowhere.
    private let statuses: ScanTopic?
    private let devices: DeviceBook
    private let reconnect: ReconnectPolicy

    init(_ options: ScannerOptions, topic: ScanTopic, statuses: ScanTopic?, reconnect: ReconnectPolicy = ReconnectPolicy()) {
        self.options = options
        self.reconnect = reconnect
        self.topic = topic
        self.statuses = statuses
        devices = DeviceBook(options.devices)
    }

    func run(_ context: SourceContext) async throws {
        let numbering = PacketNumbering(
            stored: try await context.bookmark.load(), receiveMaximum: options.receiveMaximum)
        let publisher = try MQTTClient(publisherOptions(context), logger: context.logger)
        let interpreter = ScanInterpreter(
            source: context.name, topic: topic, devices: devices, defaultLocation: context.defaultLocation,
            lineLimit: options.lineLimit, clockSkew: options.clockSkew, replies: options.answers,
            responses: options.responseTopics(of: topic, statuses: statuses, beside: context.topics))
        for name in devices.names { context.devices.update(name, of: context.name) { $0.isConfigured = true } }
        let reader = BatchReader(context, interpreter: interpreter, statuses: statuses, numbering: numbering)
        let driver = ScanDriver(context, ScanMachine(context, reader), publisher: publisher)
        let listening: MQTTClient
        do {
            listening = try MQTTClient(
                listeningOptions(context), logger: context.logger, onChange: { driver.note($0) }, onBatch: { driver.receive($0) })
        } catch {
            await publisher.stop()
            throw error
        }
        // At shutdown, what was begun still gets its replies; what cannot be finished comes again.
        await driver.run()
        await listening.stop()
        await publisher.stop()
    }

    private func clientID(_ context: SourceContext) -> String { options.clientId ?? "tallywire-\(context.name)" }

    private func listeningOptions(_ context: SourceContext) throws -> MQTTClientOptions {
        var client = try options.connection(clientID(context))
        client.cleanStart = false
        client.sessionExpiry = options.sessionExpiry
        client.keepAlive = options.keepAlive
        // Statuses are for each of a group, and what is retained is sent to no shared subscription.
        client.subscriptions = [topic.filter(sharedBy: options.share)] + (statuses.map { [$0.filter] } ?? [])
        client.receiveMaximum = options.receiveMaximum
        client.payloadLimit = options.payloadLimit.bytes
        client.reconnect = reconnect
        return client
    }

    private func publisherOptions(_ context: SourceContext) throws -> MQTTClientOptions {
        var client = try options.connection("\(clientID(context))-answers")
        client.keepAlive = options.keepAlive
        client.window = 1000
        client.reconnect = reconnect
        return client
    }
}

extension SourceStatus {
    /// Shows how the connection stands.
    func note(_ connection: MQTTConnectionState) {
        update { snapshot in
            switch connection {
            case .connecting: snapshot.state = snapshot.lastError == nil ? "connecting" : "reconnecting"
            case .connected: snapshot.state = "connected"
            case .disconnected(let error):
                snapshot.state = "reconnecting"
                snapshot.lastError = error.message
            case .stopped: snapshot.state = "stopped"
            }
            snapshot.peer = connection.broker?.description
        }
    }
}
