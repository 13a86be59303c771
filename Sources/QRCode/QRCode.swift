import CQRencode
import Foundation

/// A QR code (ISO/IEC 18004), made by libqrencode.
public struct QRCode: Sendable, Equatable {
    /// How many modules a side has, without the quiet zone.
    public let size: Int
    /// Row by row, whether a module is dark.
    public let modules: [Bool]

    /// Why a text cannot be a QR code.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The most bytes of UTF-8 that fit: version 40 with error correction M.
    public static let capacity = 2_331
    /// The modules of white that a reader needs around the code.
    public static let quietZone = 4

    /// The code of `text`, with error correction M, which bears that 15 % of it are damaged.
    ///
    /// - Throws: ``Failure`` for a text that is empty, too long, or contains NUL, which ends a text of the library.
    public init(_ text: String) throws(Failure) {
        guard !text.isEmpty else { throw Failure(description: "an empty text cannot be a QR code") }
        guard !text.utf8.contains(0) else { throw Failure(description: "a text with NUL cannot be a QR code") }
        // Characters of a code of the catalogue differ by their case, so the library must not bring them to upper case.
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else {
            throw Failure(
                description: errno == ERANGE
                    ? "a QR code holds \(Self.capacity) bytes, and the text has \(text.utf8.count)"
                    : "the QR code cannot be made: \(String(cString: strerror(errno)))")
        }
        defer { QRcode_free(code) }
        size = Int(code.pointee.width)
        // The lowest bit of a module says whether it is dark.
        modules = UnsafeBufferPointer(start: code.pointee.data, count: size * size).map { $0 & 1 == 1 }
    }

    /// The side of the drawing: the code with its quiet zone.
    public var side: Int { size + 2 * Self.quietZone }

    /// The dark modules as the `d` of an SVG path, in a square of ``side``.
    public var path: String {
        var path = ""
        for row in 0..<size {
            var column = 0
            while column < size {
                guard modules[row * size + column] else {
                    column += 1
                    continue
                }
                let start = column
                while column < size, modules[row * size + column] { column += 1 }
                path += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(column - start)v1h-\(column - start)z"
            }
        }
        return path
    }
}
