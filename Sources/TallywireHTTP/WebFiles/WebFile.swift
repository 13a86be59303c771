import CWebFiles
import Foundation
import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore

/// A page, script or style that is part of the server.
struct WebFile: Sendable {
    /// The path of its URL.
    let path: String
    /// The file's path in the repository: `web/admin/index.html`.
    let source: String
    let bytes: ByteBuffer
    /// The file's entity tag.
    let tag: String

    /// All files that are embedded in the program.
    static let all: [WebFile] = (0..<tallywire_web_file_count()).compactMap { number in
        guard let file = tallywire_web_file(number)?.pointee else { return nil }
        let bytes = ByteBuffer(bytes: UnsafeBufferPointer(start: file.bytes, count: file.size))
        return WebFile(path: String(cString: file.path), source: String(cString: file.source), bytes: bytes, tag: tag(of: bytes))
    }

    /// Returns an entity tag: FNV-1a, eight bytes at a time. The same bytes have the same tag on every server.
    static func tag(of bytes: ByteBuffer) -> String {
        var hash = FNV1a()
        hash.value ^= UInt64(bytes.readableBytes)
        var bytes = bytes
        bytes.writeRepeatingByte(0, count: (8 - bytes.readableBytes % 8) % 8)
        while let word = bytes.readInteger(endianness: .little, as: UInt64.self) { hash.combine(word) }
        return "\"\(String(hash.value, radix: 16))\""
    }

    /// The media type, by the file's extension.
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

    /// Whether pages of other sites load the file, because it is part of the client library.
    var isLibrary: Bool { path.hasPrefix("/sdk/") }
}

extension WebFile {
    /// What a page of the server may do: load scripts, styles and pictures from this server, and connect to this server only.
    /// Scripts within a page do not run, no frame may show the page, and text is never parsed as markup (Trusted Types).
    ///
    /// Trusted Types also require a policy for the URL of a service worker. Only the scanner page has one, under a name that no
    /// other page may use.
    var policy: String { Self.policy + (path == "/scan" ? "tallywire-worker" : "'none'") }

    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:", "media-src 'self' blob:",
        "connect-src 'self'", "manifest-src 'self'", "worker-src 'self'", "form-action 'self'", "base-uri 'none'",
        "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types ",
    ].joined(separator: "; ")

    /// The name that leads back to the page from its address with a slash at the end. There the page's own relative addresses would lead
    /// astray, so browsers are sent back.
    private var wayBack: String? { mediaType.hasPrefix("text/html") && path != "/" ? "..\(path)" : nil }

    /// The route that serves the file. With `folder`, a checkout of Tallywire, the file is read from there at each request: for
    /// work on the pages.
    func route(from folder: String?) -> Route {
        let embedded = response(with: bytes, tag: tag)
        return Route(.get, path, for: .anyone) { request, _ in
            if let wayBack, request.uri.path.hasSuffix("/") {
                return Response(status: .temporaryRedirect, headers: [.location: wayBack])
            }
            if let folder {
                let bytes = try read(from: folder)
                return response(with: bytes, tag: Self.tag(of: bytes))
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

    private func response(with bytes: ByteBuffer, tag: String) -> Response {
        // A browser asks at each use whether its copy is current, so that after an update no page mixes two versions.
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
