import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension WebFile {
    /// What a page of ours may do: load scripts, styles and pictures from this server, and talk to it alone. Nothing within a page's text
    /// runs, nothing shows it in a frame, and what would be read as markup is refused (Trusted Types).
    ///
    /// Trusted Types want a policy for the address of a service worker too. The scanner has one, which its page names and nobody else may.
    var policy: String { Self.policy + (path == "/scan" ? "tallywire-worker" : "'none'") }

    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src 'self' blob:",
        "connect-src 'self'", "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types ",
    ].joined(separator: "; ")

    /// Serves it. With `folder`, a checkout of Tallywire, it is read from there at each request: for whoever works on the pages.
    func route(from folder: String?) -> Route {
        let embedded = answer(with: bytes, tag: tag)
        return Route(.get, path, for: .anyone) { request, _ in
            if let folder {
                let bytes = try read(from: folder)
                return answer(with: bytes, tag: Self.tag(of: bytes))
            }
            guard request.headers[.ifNoneMatch] == embedded.headers[.eTag] else { return embedded }
            var headers = embedded.headers
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
    }

    private func read(from folder: String) throws -> ByteBuffer {
        let file = URL(filePath: folder).appending(path: source)
        do {
            return ByteBuffer(bytes: try Data(contentsOf: file))
        } catch {
            throw Problem.unavailable("\(file.path) cannot be read, see http.pages: \(error.localizedDescription)")
        }
    }

    private func answer(with bytes: ByteBuffer, tag: String) -> Response {
        // A browser asks each time whether its copy is the one that is served, so that after an update no page is of two versions.
        var headers: HTTPFields = [
            .contentType: mediaType, .cacheControl: "no-cache", .eTag: tag,
            .contentSecurityPolicy: policy,
        ]
        headers[.referrerPolicy] = "no-referrer"
        headers[.permissionsPolicy] = "camera=(self), geolocation=(), microphone=()"
        if isLibrary {
            headers[.accessControlAllowOrigin] = "*"
            headers[.crossOriginResourcePolicy] = "cross-origin"
        } else {
            headers[.crossOriginOpenerPolicy] = "same-origin"
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }
}
