import Foundation

/// What `tallywire top` shows of a reading.
struct TopScreen: Sendable {
    let url: String
    let reading: TopReading
    /// The reading before; `nil` for the first.
    var before: TopReading?
    /// Since when the server does not answer, and why; `nil` while it answers.
    var lost: (since: String, reason: String)?

    private var rates: TopRates { TopRates(from: before, to: reading) }

    /// The lines of a screen of `height` lines; all lines without one. The last line of a screen that is too small says how many are
    /// missing.
    func lines(height: Int? = nil) -> [TopLine] {
        let all = header + [TopLine()] + sources + sinks + nodes
        guard let height, all.count > height else { return all }
        let shown = max(0, height - 1)
        return Array(all.prefix(shown)) + (height > 0 ? [TopLine(("… \(all.count - shown) more lines", .dim))] : [])
    }

    private var header: [TopLine] {
        let (pipeline, rates) = (reading.pipeline, rates)
        var first = TopLine(("Tallywire \(reading.version ?? "")", .title), ("  \(url)", .plain))
        first.append("  epoch \(pipeline.epoch)", .dim)
        if let uptime = reading.uptime { first.append("  up \(Self.time(uptime))", .dim) }
        var second = TopLine(("event \(pipeline.seq)", .title))
        second.append("  \(Self.rate(rates.events)) events/s  \(Self.rate(rates.movements)) movements/s")
        second.append("  \(pipeline.engine.inbox) of \(pipeline.engine.inboxCapacity) wait")
        if let connections = reading.connections { second.append("  \(connections) connections") }
        var lines = [first, second]
        if let error = pipeline.engine.lastError { lines.append(TopLine(("the last commit failed: \(error)", .bad))) }
        if let lost { lines.append(TopLine(("no answer since \(lost.since): \(lost.reason)", .bad))) }
        return lines
    }

    private var sources: [TopLine] {
        guard !reading.pipeline.sources.isEmpty else { return [] }
        let titles = ["SOURCE", "STATE", "RECEIVED", "/S", "REJECTED", "MALFORMED", "LAST ERROR"]
        var table = TopTable(columns: Self.columns(titles, numbers: 2...5))
        for source in reading.pipeline.sources {
            table.rows.append([
                .init(text: source.name), .init(text: source.state, style: Self.style(of: source.state)),
                .init(text: "\(source.received)"), .init(text: Self.rate(rates.received(by: source.name))),
                .init(text: "\(source.rejected)"),
                .init(text: "\(source.malformed)", style: source.malformed > 0 ? .doubtful : .plain),
                .init(text: source.lastError ?? "", style: .bad),
            ])
        }
        return table.lines + [TopLine()]
    }

    private var sinks: [TopLine] {
        guard !reading.pipeline.sinks.isEmpty else { return [] }
        let titles = ["SINK", "STATE", "POSITION", "LAG", "SECONDS", "/S", "RETRIED", "DROPPED", "LAST ERROR"]
        var table = TopTable(columns: Self.columns(titles, numbers: 2...7))
        for sink in reading.pipeline.sinks {
            table.rows.append([
                .init(text: sink.name), .init(text: sink.state, style: Self.style(of: sink.state)),
                .init(text: "\(sink.position)"), .init(text: "\(sink.lagEvents)"),
                .init(
                    text: String(format: "%.1f", sink.lagSeconds),
                    style: sink.lagSeconds > 60 ? .bad : sink.lagSeconds > 5 ? .doubtful : .plain),
                .init(text: Self.rate(rates.delivered(by: sink.name))), .init(text: "\(sink.retried)"),
                .init(text: "\(sink.dropped)", style: sink.dropped > 0 ? .bad : .plain),
                .init(text: sink.lastError ?? "", style: .bad),
            ])
        }
        return table.lines + [TopLine()]
    }

    private var nodes: [TopLine] {
        guard let cluster = reading.cluster else { return [] }
        var table = TopTable(columns: Self.columns(["NODE", "ROLE", "APPLIED", "SECONDS", "VERSION", "ADDRESS"], numbers: 2...3))
        for node in cluster.nodes {
            table.rows.append([
                .init(text: node.node == cluster.node ? "\(node.node) (asked)" : node.node),
                .init(text: node.role, style: node.role == "leader" ? .good : .plain), .init(text: "\(node.applied)"),
                .init(text: String(format: "%.1f", node.lagSeconds), style: node.lagSeconds > 5 ? .doubtful : .plain),
                .init(text: node.version), .init(text: node.address),
            ])
        }
        let leader = cluster.leader.map { "leader \($0), term \(cluster.term)" } ?? "nobody leads"
        let title = TopLine(
            ("cluster \(cluster.site)", .title), ("  \(leader)", cluster.leader == nil ? .bad : .plain))
        return [title] + table.lines
    }

    private static func columns(_ titles: [String], numbers: ClosedRange<Int>) -> [TopTable.Column] {
        titles.enumerated().map { TopTable.Column(title: $1, isNumber: numbers.contains($0)) }
    }

    private static func style(of state: String) -> TopLine.Style {
        switch state {
        case "running", "connected", "following": .good
        case "retrying", "disabled", "failed", "reconnecting", "waiting", "connecting": .bad
        default: .plain
        }
    }

    /// `–` for a rate that is not known yet.
    private static func rate(_ rate: Double?) -> String { rate.map { String(format: "%.1f", $0) } ?? "–" }

    /// The two largest units of a time in seconds.
    static func time(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let parts = [(whole / 86_400, "d"), (whole / 3_600 % 24, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")]
        let first = parts.firstIndex { $0.0 > 0 } ?? 3
        return parts[first...].prefix(2).map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}
