import CWebFiles
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
