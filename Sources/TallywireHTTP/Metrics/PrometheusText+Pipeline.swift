import HTTPPort
import PipelineHost
import TallywireAccess
import TallywireEngine
import TallywirePipeline

/// The metrics of journal, engine, sources and sinks. `/metrics` is their reference. Their names do not change.
extension PrometheusText {
    mutating func write(_ status: PipelineStatus) {
        single("tallywire_journal_seq", .gauge, "The last committed event.", status.head)
        write(status.engine, inbox: status.inbox)
        write(status.sources)
        write(status.sinks)
    }

    mutating func write(_ counts: StockCounts) {
        single("tallywire_products", .gauge, "Products in the catalogue.", counts.products)
        single("tallywire_variants", .gauge, "Variants in the catalogue.", counts.variants)
        single("tallywire_locations", .gauge, "Locations.", counts.locations)
        single("tallywire_reservations", .gauge, "Open reservations.", counts.reservations)
        single("tallywire_counts", .gauge, "Counts that are open or closed.", counts.counts)
    }

    private mutating func write(_ engine: EngineCounters, inbox: (count: Int, capacity: Int)) {
        single("tallywire_engine_up", .gauge, "1 while commits succeed, 0 after one failed.", engine.failure == nil ? 1 : 0)
        single("tallywire_engine_inbox", .gauge, "Commands that wait to be decided.", inbox.count)
        single("tallywire_engine_inbox_capacity", .gauge, "Commands that may wait.", inbox.capacity)
        metric("tallywire_engine_commands_total", .counter, "Commands by what became of them.")
        let results = [
            ("applied", engine.applied), ("rejected", engine.rejected), ("duplicate", engine.duplicates),
            ("overloaded", engine.overloaded),
        ]
        for (result, count) in results { sample("tallywire_engine_commands_total", [("result", result)], count) }
        single("tallywire_engine_commits_total", .counter, "Batches that were committed.", engine.commits)
        single("tallywire_engine_failed_commits_total", .counter, "Batches that could not be committed.", engine.failedCommits)
        single(
            "tallywire_clock_steps_total", .counter, "How often the machine's clock was set back by more than 5 seconds.",
            engine.clockSteps)
    }

    private mutating func write(_ sources: [PipelineStatus.SourceReport]) {
        metric("tallywire_source_state", .gauge, "1 for the state that a source is in.")
        for source in sources { sample("tallywire_source_state", source.labels + [("state", source.status.state)], 1) }
        let counters: [(String, String, KeyPath<SourceStatus.Snapshot, UInt64>)] = [
            ("tallywire_source_received_total", "Messages that came in.", \.received),
            ("tallywire_source_applied_total", "Commands that were applied.", \.applied),
            ("tallywire_source_duplicates_total", "Repeats of commands.", \.duplicates),
            ("tallywire_source_rejected_total", "Commands that were refused for a reason of stock or catalogue.", \.rejected),
            ("tallywire_source_malformed_total", "Payloads that could not be read.", \.malformed),
            ("tallywire_source_ignored_total", "Messages that were left aside on purpose.", \.ignored),
        ]
        for (name, help, value) in counters {
            metric(name, .counter, help)
            for source in sources { sample(name, source.labels, source.status[keyPath: value]) }
        }
    }

    private mutating func write(_ sinks: [PipelineStatus.SinkReport]) {
        metric("tallywire_sink_state", .gauge, "1 for the state that a sink is in.")
        for sink in sinks { sample("tallywire_sink_state", sink.labels + [("state", sink.state.rawValue)], 1) }
        let gauges: [(String, String, KeyPath<PipelineStatus.SinkReport, UInt64>)] = [
            ("tallywire_sink_position", "The last event that the sink is done with.", \.position),
            ("tallywire_sink_lag_events", "Events that the sink has still to take.", \.lagEvents),
            ("tallywire_sink_pending", "Events of this run that are not yet accounted for.", \.counters.pending),
        ]
        for (name, help, value) in gauges {
            metric(name, .gauge, help)
            for sink in sinks { sample(name, sink.labels, sink[keyPath: value]) }
        }
        metric("tallywire_sink_lag_seconds", .gauge, "The age of the oldest event that the sink has still to take.")
        for sink in sinks { sample("tallywire_sink_lag_seconds", sink.labels, sink.lagSeconds) }
        let counters: [(String, String, KeyPath<SinkCounters, UInt64>)] = [
            ("tallywire_sink_offered_total", "Events since the sink's position at start.", \.offered),
            ("tallywire_sink_delivered_total", "Events that the sink took.", \.delivered),
            ("tallywire_sink_filtered_total", "Events that its filter left out.", \.filtered),
            ("tallywire_sink_merged_total", "Events that a newer one made needless.", \.merged),
            ("tallywire_sink_dropped_total", "Events that it rejected for good or that retention took.", \.dropped),
            ("tallywire_sink_retries_total", "Deliveries that failed.", \.retries),
        ]
        for (name, help, value) in counters {
            metric(name, .counter, help)
            for sink in sinks { sample(name, sink.labels, sink.counters[keyPath: value]) }
        }
        writeOwnMetrics(of: sinks)
    }

    /// The sinks' own metrics. All samples of one name have to be together.
    private mutating func writeOwnMetrics(of sinks: [PipelineStatus.SinkReport]) {
        var written: Set<String> = []
        for metric in sinks.flatMap(\.metrics) where written.insert(metric.name).inserted {
            self.metric("tallywire_\(metric.name)", metric.kind, metric.help)
            for sink in sinks {
                for other in sink.metrics where other.name == metric.name {
                    let labels = sink.labels + other.labels.map { ($0.name, $0.value) }
                    switch other.value {
                    case .counter(let value): sample("tallywire_\(metric.name)", labels, value)
                    case .gauge(let value): sample("tallywire_\(metric.name)", labels, value)
                    case .histogram(let histogram): self.histogram("tallywire_\(metric.name)", labels, histogram)
                    }
                }
            }
        }
    }
}

extension SinkMetric {
    fileprivate var kind: PrometheusText.Kind {
        switch value {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        }
    }
}

extension PipelineStatus.SourceReport {
    fileprivate var labels: [(String, String)] { [("source", name), ("plugin", plugin)] }
}

extension PipelineStatus.SinkReport {
    fileprivate var labels: [(String, String)] { [("sink", name), ("plugin", plugin)] }
}

extension PrometheusText {
    mutating func write(_ port: PortMetrics) {
        metric("tallywire_http_refused_total", .counter, "Connections and requests that met a limit of the port.")
        for limit in PortMetrics.Limit.allCases {
            sample("tallywire_http_refused_total", [("limit", limit.rawValue)], port.count(of: limit))
        }
        metric("tallywire_authentication_failures_total", .counter, "Requests whose token was missing or refused.")
        for reason in AuthenticationFailure.Reason.allCases {
            sample("tallywire_authentication_failures_total", [("reason", reason.rawValue)], port.count(of: reason))
        }
    }
}
