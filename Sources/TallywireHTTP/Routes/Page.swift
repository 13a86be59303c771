import HTTPTypes
import Hummingbird
import NIOCore

/// A file of the live page, embedded in the program so that it is served from any working directory.
struct Page: Sendable {
    let path: String
    let mediaType: String
    let bytes: [UInt8]

    /// The live page: what stands in `Pages/`.
    static let all = [
        Page(path: "/", mediaType: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        Page(path: "/live.js", mediaType: "text/javascript; charset=utf-8", bytes: PackageResources.live_js),
        Page(path: "/live.css", mediaType: "text/css; charset=utf-8", bytes: PackageResources.live_css),
        Page(path: "/favicon.svg", mediaType: "image/svg+xml", bytes: PackageResources.favicon_svg),
    ]

    var route: Route {
        let response = Response(
            status: .ok,
            headers: [
                .contentType: mediaType, .cacheControl: "no-cache",
                // The page loads nothing from elsewhere and talks to this server alone.
                .contentSecurityPolicy: "default-src 'self'; frame-ancestors 'none'",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        return Route(.get, path, for: .anyone) { _, _ in response }
    }
}
