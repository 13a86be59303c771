import TallywireCore
import TallywirePipeline

/// The metrics of what is read again while the server runs.
extension PrometheusText {
    mutating func write(_ reloads: [ReloadStatus], certificateExpiresAt expiry: Timestamp?) {
        if !reloads.isEmpty {
            metric("tallywire_reloads_total", .counter, "How often keys and certificate were read again, by what came of it.")
            for reload in reloads {
                let now = reload.current
                sample("tallywire_reloads_total", [("what", reload.name), ("result", "ok")], now.succeeded)
                sample("tallywire_reloads_total", [("what", reload.name), ("result", "failed")], now.failed)
            }
            metric("tallywire_reload_failing", .gauge, "1 while the files as they are cannot be used and the old ones serve on.")
            for reload in reloads {
                sample("tallywire_reload_failing", [("what", reload.name)], reload.current.failure == nil ? 0 : 1)
            }
        }
        guard let expiry else { return }
        metric(
            "tallywire_tls_certificate_expiry_timestamp_seconds", .gauge,
            "The end of the certificate's time, in seconds since 1970.")
        sample("tallywire_tls_certificate_expiry_timestamp_seconds", [], expiry.milliseconds / 1000)
    }
}
