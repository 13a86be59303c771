import Foundation
import TallywirePipeline
import TallywireServer

/// A sink that writes each event as a line to standard output.
struct StandardOutput: Sink {
    struct Options: Decodable, Sendable { var prefix: String }
    let options: Options

    func deliver(_ batch: EventBatch) async throws -> Delivery {
        let lines = batch.records.map { options.prefix + String(decoding: $0.json, as: UTF8.self) + "\n" }
        try FileHandle.standardOutput.write(contentsOf: Data(lines.joined().utf8))
        return Delivery()
    }
}

extension SinkType {
    static let standardOutput = SinkType(
        "stdout", summary: "Writes each event as a line to standard output.",
        schema: [.optional("prefix", .string(.anything), default: "", "What each line begins with.")],
        options: StandardOutput.Options.self, make: { StandardOutput(options: $0) })
}

@main struct Main {
    static func main() async {
        await TallywireServer.run(plugins: .builtIn + .standardOutput)
    }
}
