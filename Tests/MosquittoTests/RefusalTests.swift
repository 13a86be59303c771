import Foundation
import Mosquitto
import Synchronization
import TallywireTesting
import TestSupport
import Testing

@Suite("A broker that does not want us")
struct RefusalTests {
    /// Runs a client against a broker with this script, and gives what it reported when `isEnough`.
    private func errors(
        _ broker: ScriptedBroker, version: MQTTVersion = .v5, until isEnough: @escaping @Sendable ([MQTTError]) -> Bool
    ) async throws -> [MQTTError] {
        let errors = Mutex<[MQTTError]>([])
        let options = try MQTTClientOptions.test(broker.url, "guest") { $0.version = version }
        let client = try MQTTClient(options, logger: quiet) { state in
            if case .disconnected(let error) = state { errors.withLock { $0.append(error) } }
        }
        try await eventually("enough happened") { isEnough(errors.withLock { $0 }) }
        await client.stop()
        try await broker.close()
        return errors.withLock { $0 }
    }

    @Test("a login that is refused is told from other refusals", arguments: [MQTTVersion.v5, .v311])
    func login(version: MQTTVersion) async throws {
        let isNew = version == .v5
        let (login, other): (UInt8, UInt8) = isNew ? (0x86, 0x97) : (4, 3)
        let number = isNew ? 5 : 4
        let broker = try await ScriptedBroker.start(
            .connectionRefused(login, version: number), .connectionRefused(other, version: number))
        let errors = try await self.errors(broker, version: version) { $0.count >= 2 }
        #expect(errors[0].code == .login, "\(errors)")
        #expect(errors[0].message.contains("user"), "\(errors)")
        #expect(errors[1].code == .refused, "\(errors)")
        // 300 to 600 ms lie between them, as a refusal has it, instead of 20.
        let times = broker.times
        #expect(times[1] - times[0] >= .milliseconds(300))
    }

    @Test("a taken-over session is told in plain words, and the fight slows down")
    func takenOver() async throws {
        let broker = try await ScriptedBroker.start(.dismissed(0x8E))
        let errors = try await self.errors(broker) { $0.count { $0.code == .takenOver } >= 3 }
        #expect(errors[0].code == .takenOver)
        #expect(errors[0].message.contains("another client connected with the client id “guest”"), "\(errors[0])")
        let times = broker.times
        #expect(times[1] - times[0] >= .milliseconds(300))
        #expect(times[2] - times[1] >= .milliseconds(600))
    }

    @Test("a taken-over session that the broker is silent about is inferred from connections that are closed again and again")
    func inferred() async throws {
        let broker = try await ScriptedBroker.start(.acceptedAndClosed(version: 4))
        let errors = try await self.errors(broker, version: .v311) { $0.contains { $0.code == .takenOver } }
        #expect(errors.prefix(4).allSatisfy { $0.code == .connectionLost }, "\(errors)")
        #expect(errors.last?.message.contains("probably another client connects with the client id “guest”") == true, "\(errors)")
    }

    @Test("two real clients with one id: both know it, and both slow down", arguments: [MQTTVersion.v5, .v311])
    func twins(version: MQTTVersion) async throws {
        let broker = try TestBroker()
        let takeovers = Mutex([0, 0])
        func twin(_ index: Int) throws -> MQTTClient {
            try MQTTClient(.test(broker.url, "twin") { $0.version = version }, logger: quiet) { state in
                if case .disconnected(let error) = state, error.code == .takenOver { takeovers.withLock { $0[index] += 1 } }
            }
        }
        let clients = [try twin(0), try twin(1)]
        try await eventually("both were told") { takeovers.withLock { $0.allSatisfy { $0 > 0 } } }
        for client in clients { await client.stop() }
    }

    @Test("a DISCONNECT for another reason is a lost connection with that reason")
    func dismissed() async throws {
        let broker = try await ScriptedBroker.start(.dismissed(0x8B))
        let errors = try await self.errors(broker) { !$0.isEmpty }
        #expect(errors[0].code == .connectionLost)
        #expect(errors[0].message.contains("shutting down"), "\(errors[0])")
    }

    @Test("a subscription that is refused is told with its filter")
    func forbidden() async throws {
        // CONNACK, and SUBACK with 0x87 for the first packet id.
        let broker = try await ScriptedBroker.start(.init([0x20, 3, 0, 0, 0], [0x90, 4, 0, 1, 0, 0x87], closes: false))
        let client = try MQTTClient(
            .test(broker.url, "guest") {
                $0.version = .v5
                $0.subscriptions = ["secrets/#"]
            }, logger: quiet)
        let error = try await #require(throws: MQTTError.self) { try await client.connected(orFailedWithin: .seconds(20)) }
        #expect(error.code == .forbidden)
        #expect(error.message.contains("secrets/#"), "\(error)")
        await client.stop()
        try await broker.close()
    }

    /// What `mosquitto_passwd` makes of “open sesame”.
    private let openSesame =
        "$7$101$1JXllDCBupiYmYTK$Jgs535KOv86DCvjn1r7Su5IwhOjEu2+GWiCSrQiO54ZOlvLNCuSlrlTkH7IGHUQWtzb5qbX2vbhkWK6gt3qW1w=="

    @Test("user and password of the options are used where the URL has none, and never shown")
    func separateLogin() async throws {
        let folder = try TemporaryFolder()
        let passwords = folder.file("passwords")
        try Data("wms:\(openSesame)\n".utf8).write(to: URL(filePath: passwords))
        let broker = try TestBroker(configuration: ["allow_anonymous false", "password_file \(passwords)"])
        let log = LineLog()
        func connect(_ url: String, _ user: String?, _ password: String?) async throws {
            let client = try MQTTClient(
                .test(url, "guest") {
                    $0.user = user
                    $0.password = password
                }, logger: log.logger)
            do {
                try await client.connected(orFailedWithin: .seconds(20))
                await client.stop()
            } catch {
                await client.stop()
                throw error
            }
        }
        try await connect(broker.url, "wms", "open sesame")
        try await connect("mqtt://wms:open%20sesame@127.0.0.1:\(broker.port)", "other", "other")
        let error = try await #require(throws: MQTTError.self) { try await connect(broker.url, "wms", "closed sesame") }
        #expect(error.code == .login && error.message.contains("“wms”"), "\(error)")
        #expect(!log.lines.contains { $0.contains("sesame") })
        #expect(throws: MQTTError.self) {
            try MQTTClient(.test(broker.url, "guest") { $0.password = "alone" }, logger: quiet)
        }
    }
}
