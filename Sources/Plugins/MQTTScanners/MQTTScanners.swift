import Logging
import MQTTConnection
import Mosquitto
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// The source `mqtt-scanners`.
///
/// ## The way of a batch
/// One client listens, in a session that the broker keeps. The messages that it reads at once are a batch, or several if there are
/// many. Each message becomes a command or a refusal, and all commands are submitted in order. When every command of a batch is
/// decided and on disk, a second client publishes the replies. Meanwhile the next batches are read and submitted. The
/// acknowledgements leave only when the broker has all replies. If the server dies at any point before, the broker delivers the
/// batch again, and the ids make that harmless: see ``PacketNumbering`` for scans that have none.
///
/// There are two clients because libmosquitto queues an acknowledgement before it hands over the message: on one connection each
/// acknowledgement would leave before the reply.
///
/// ## When the journal cannot write
/// Nothing is acknowledged, and no reply is sent. The batch is submitted again with growing pauses, and scanners get their replies
/// when the batch is decided. The client pings meanwhile. If the connection ends all the same, the broker delivers the batch again
/// afterwards. The commands are then duplicates and get the same replies.
struct MQTTScanners: Source {
    private let options: ScannerOptions
    private let topic: ScanTopic
    /// The topic on which devices say whether they are online; `nil` for none.
    private let statuses: ScanTopic?
    private let devices: DeviceSettingsTable
    private let reconnect: ReconnectPolicy

    init(_ options: ScannerOptions, topic: ScanTopic, statuses: ScanTopic?, reconnect: ReconnectPolicy = ReconnectPolicy()) {
        self.options = options
        self.reconnect = reconnect
        self.topic = topic
        self.statuses = statuses
        devices = DeviceSettingsTable(
            options.devices, defaults: DeviceSettings(negative: options.negative, undo: options.undo, mode: options.mode))
    }

    func run(_ context: SourceContext) async throws {
        let numbering = PacketNumbering(
            stored: try await context.bookmark.load(), receiveMaximum: options.receiveMaximum)
        let publisher = try MQTTClient(publisherOptions(context), logger: context.logger)
        let interpreter = ScanInterpreter(
            source: context.name, topic: topic, devices: devices, defaultLocation: context.defaultLocation,
            lineLimit: options.lineLimit, clockSkew: options.clockSkew, replies: options.answers,
            responses: options.responseTopics(of: topic, statuses: statuses, beside: context.topics),
            modes: ModeTable(try ModeTable.load(from: context.file), newest: numbering.reserved))
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
        // At shutdown, batches that were begun still get their replies. The broker delivers again what cannot be finished.
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
        // Every server of a group needs the statuses, and brokers send no retained messages to a shared subscription.
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
    /// Shows the state of the connection.
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
