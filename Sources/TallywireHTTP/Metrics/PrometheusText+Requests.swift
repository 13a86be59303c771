import TallywirePipeline

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
