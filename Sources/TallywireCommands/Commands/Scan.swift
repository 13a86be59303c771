import ArgumentParser
import Foundation
import MQTTConnection
import Mosquitto
import PipelineHost
import TallywirePipeline

struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Act as a barcode scanner: publish codes over MQTT and print the replies.",
        discussion: """
            Codes come from the arguments, or one a line from standard input, as a keyboard-wedge scanner types them (lines end with LF, CR or both). A scan without \
            a reply is repeated with its id, so it counts once. Exits with 1 if a scan was rejected or never got a reply.
            """)

    @Option(help: "The name of the scanner, which decides what a bare code means.") var device: String
    @Argument(help: "Barcodes.") var codes: [String] = []
    @Option(help: "Units, or packs, of each scan.") var quantity: Int64?
    @Option(
        help: ArgumentHelp(
            "The broker, such as mqtt://127.0.0.1:1883. Default: that of the first scanner source.", valueName: "url"))
    var broker: String?
    @Option(help: ArgumentHelp("The topic. Default: that of the first scanner source.", valueName: "template")) var topic: String?
    @Flag(help: "Print each reply as a line of JSON.") var json = false
    @OptionGroup var configuration: ConfigurationOptions

    func validate() throws {
        let isName = !device.isEmpty && !device.contains { $0 == "/" || $0 == "+" || $0 == "#" }
        if !isName { throw ValidationError("--device “\(device)” is no name of a scanner: it has none of / + #") }
    }

    func run() async throws {
        let sources = broker == nil ? try configuration.load().sources : []
        let source = sources.first { $0.type.scanTopic($0.options) != nil }
        let scanner = try ScannerClient(
            options: try options(source),
            topic: topic ?? source.flatMap { $0.type.scanTopic($0.options) } ?? "scanners/{device}/scan",
            device: device)
        let codes = codes
        let quantity = quantity
        let json = json
        try await scanner.run {
            var failures = 0
            func scan(_ line: String) async throws {
                let code = line.trimmingCharacters(in: .whitespacesAndNewlines)
                guard !code.isEmpty else { return }
                guard let reply = try await scanner.scan(code, quantity: quantity) else {
                    failures += 1
                    return Self.warn("\(code)  no reply: check that the server runs, with a source on this broker and topic")
                }
                if reply.acknowledgement.status == "rejected" { failures += 1 }
                Self.write(json ? reply.text : Data(Self.text(code, reply.acknowledgement).utf8))
            }
            for code in codes { try await scan(code) }
            if codes.isEmpty {
                var lines = ScannedLines.standardInput()
                while let line = try lines.next() { try await scan(line) }
            }
            if failures > 0 { throw ExitCode.failure }
        }
    }

    /// The connection: to `--broker`, or as the scanner source connects, with its user and its TLS.
    private func options(_ source: SourceEntry?) throws -> MQTTClientOptions {
        if let broker {
            do {
                return MQTTClientOptions(broker: try BrokerAddress(broker), clientID: "tallywire-scan")
            } catch {
                throw Failure.usage("--broker: \(error)")
            }
        }
        guard let source else {
            throw Failure.usage("\(configuration.plugins) has no scanner source: say --broker mqtt://HOST:PORT")
        }
        return try EntryBroker(source.options).connection("tallywire-scan")
    }

    private static func text(_ code: String, _ reply: ScannerClient.Acknowledgement) -> String {
        if reply.status == "rejected" {
            return "\(code)  rejected: \(reply.message ?? "") [\(reply.code ?? "")]"
        }
        var parts = [code, reply.status]
        if let sku = reply.sku { parts.append(sku) }
        if let stock = reply.stock { parts.append("stock \(stock)") }
        if let seq = reply.seq { parts.append("#\(seq)") }
        return parts.joined(separator: "  ")
    }

    private static func write(_ line: Data) { Output.standard.printOrExit(String(decoding: line, as: UTF8.self)) }

    private static func warn(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
