import PipelineHost
import TallywireCore
import TallywirePipeline

/// The text that the server prints when it is ready: the address, the journal, and the plugins.
struct Banner: Sendable {
    private let journal: String
    /// Where callers find the server from outside.
    private let base: OutsideAddress?
    private let entries: [(kind: String, name: String, plugin: String)]

    init(_ configuration: PipelineConfiguration) {
        journal = configuration.journal.path
        base = configuration.http.base
        entries =
            configuration.sources.map { ("source", $0.name, $0.plugin) } + configuration.sinks.map { ("sink", $0.name, $0.plugin) }
    }

    func text(_ address: Server.Address, _ status: PipelineStatus) -> String {
        var lines = [
            "Tallywire \(tallywireVersion)",
            "  pages      \(address.url)/   (/admin, /shop, /displays, /scan, /codes)",
            "  API        \(address.url)/api/products   (all calls: \(address.url)/openapi.json)",
            "  pipeline   \(address.url)/api/pipeline",
            "  journal    \(journal), at event \(status.head), epoch \(status.epoch)",
        ]
        if let base { lines.insert("  outside    \(base.text)/", at: 4) }
        for entry in entries {
            lines.append("  \(pad(entry.kind, 9))  \(entry.name)\(entry.name == entry.plugin ? "" : " (\(entry.plugin))")")
        }
        if entries.isEmpty { lines.append("  no sources and no sinks run") }
        return lines.joined(separator: "\n")
    }
}

/// The text that the server prints at its end: what each sink delivered, and what is left for the next start.
struct Account: Sendable {
    let status: PipelineStatus

    init(_ status: PipelineStatus) { self.status = status }

    var text: String {
        var lines = ["Stopped at event \(status.head)."]
        let width = status.sinks.map(\.name.count).max() ?? 0
        for sink in status.sinks {
            let counters = sink.counters
            var parts = ["delivered \(counters.delivered)"]
            for (what, count) in [("filtered", counters.filtered), ("merged", counters.merged), ("dropped", counters.dropped)]
            where count > 0 {
                parts.append("\(what) \(count)")
            }
            if counters.pending > 0 {
                parts.append(
                    sink.mode == .durable
                        ? "\(counters.pending) left for the next start" : "\(counters.pending) not delivered")
            }
            if counters.pending > 0, let error = sink.lastError { parts.append("last error: \(error)") }
            lines.append("  \(pad(sink.name, width))  \(parts.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }
}

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
