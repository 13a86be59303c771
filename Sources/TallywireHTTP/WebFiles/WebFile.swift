import CWebFiles
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore

/// A page, script or style that the server brings along.
struct WebFile: Sendable {
    /// The path of its URL.
    let path: String
    /// Where it lies in the repository: `web/admin/index.html`.
    let source: String
    let bytes: ByteBuffer
    /// Its entity tag.
    let tag: String

    /// All that are embedded in the program.
    static let all: [WebFile] = (0..<tallywire_web_file_count()).compactMap { number in
        guard let file = tallywire_web_file(number)?.pointee else { return nil }
        let bytes = ByteBuffer(bytes: UnsafeBufferPointer(start: file.bytes, count: file.size))
        return WebFile(path: String(cString: file.path), source: String(cString: file.source), bytes: bytes, tag: tag(of: bytes))
    }

    /// An entity tag: FNV-1a, eight bytes at a time, the same for the same bytes on every server.
    static func tag(of bytes: ByteBuffer) -> String {
        var hash = FNV1a()
        hash.value ^= UInt64(bytes.readableBytes)
        var bytes = bytes
        bytes.writeRepeatingByte(0, count: (8 - bytes.readableBytes % 8) % 8)
        while let word = bytes.readInteger(endianness: .little, as: UInt64.self) { hash.combine(word) }
        return "\"\(String(hash.value, radix: 16))\""
    }

    /// What it is, by the end of its name.
    var mediaType: String {
        switch source.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json": "application/json"
        case "webmanifest": "application/manifest+json"
        case "png": "image/png"
        default: "text/plain; charset=utf-8"
        }
    }

    /// Whether pages of other sites load it: it is part of the client library.
    var isLibrary: Bool { path.hasPrefix("/sdk/") }
}

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
