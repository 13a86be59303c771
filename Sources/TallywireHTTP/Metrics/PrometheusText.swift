import PipelineHost
import TallywireCore
import TallywirePipeline

/// Writes the Prometheus text format, version 0.0.4.
package struct PrometheusText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Begins a metric. Its samples follow.
    mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some BinaryInteger) {
        line(name, labels, "\(value)")
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Double) {
        line(name, labels, "\(value)")
    }

    /// The samples of one histogram.
    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: SinkMetric.Histogram) {
        var below: UInt64 = 0
        for (bound, own) in zip(histogram.bounds, histogram.counts) {
            below += own
            sample(name + "_bucket", labels + [("le", "\(bound)")], below)
        }
        sample(name + "_bucket", labels + [("le", "+Inf")], histogram.count)
        sample(name + "_sum", labels, histogram.sum)
        sample(name + "_count", labels, histogram.count)
    }

    /// A metric with one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: some BinaryInteger) {
        metric(name, kind, help)
        sample(name, [], value)
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escape($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escape(_ value: String) -> String {
        // By scalars: a search by characters would miss a quote that is followed by a combining mark.
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            if scalar == "\\" || scalar == "\"" || scalar == "\n" { escaped.append("\\") }
            escaped.append(scalar == "\n" ? "n" : scalar)
        }
        return String(escaped)
    }
}

/// The metrics of the HTTP API itself.
extension PrometheusText {
    mutating func write(_ requests: RequestMetrics.Snapshot) {
        single("tallywire_http_requests_in_flight", .gauge, "Requests that are being answered.", requests.inFlight)
        metric("tallywire_http_requests_total", .counter, "Requests by method, route and status.")
        for (key, count) in requests.requests.sorted(by: { $0.key < $1.key }) {
            sample(
                "tallywire_http_requests_total", [("method", key.method), ("route", key.route), ("status", "\(key.status)")], count)
        }
        let name = "tallywire_http_request_duration_seconds"
        metric(name, .histogram, "Time from a request's head to its answer's head.")
        for (key, histogram) in requests.durations.sorted(by: { $0.key < $1.key }) {
            self.histogram(name, [("method", key.method), ("route", key.route)], histogram)
        }
    }
}

/// The metrics of what is read again while the server runs: files, and keys of a URL.
extension PrometheusText {
    mutating func write(_ reloads: [ReloadStatus], certificateExpiresAt expiry: Timestamp?) {
        if !reloads.isEmpty {
            metric("tallywire_reloads_total", .counter, "How often keys and certificate were read again, by what came of it.")
            for reload in reloads {
                let now = reload.current
                sample("tallywire_reloads_total", [("what", reload.name), ("result", "ok")], now.succeeded)
                sample("tallywire_reloads_total", [("what", reload.name), ("result", "failed")], now.failed)
            }
            metric(
                "tallywire_reload_failing", .gauge,
                "1 while what there is cannot be read or used, and what was read before serves on.")
            for reload in reloads {
                sample("tallywire_reload_failing", [("what", reload.name)], reload.current.failure == nil ? 0 : 1)
            }
            metric("tallywire_reload_age_seconds", .gauge, "Time since keys and certificate were read last.")
            for reload in reloads {
                guard let readAt = reload.current.readAt else { continue }
                sample("tallywire_reload_age_seconds", [("what", reload.name)], (ContinuousClock.now - readAt).components.seconds)
            }
        }
        guard let expiry else { return }
        metric(
            "tallywire_tls_certificate_expiry_timestamp_seconds", .gauge,
            "The end of the certificate's time, in seconds since 1970.")
        sample("tallywire_tls_certificate_expiry_timestamp_seconds", [], expiry.milliseconds / 1000)
    }
}
