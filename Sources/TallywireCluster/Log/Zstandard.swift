import CZstd
import Synchronization

/// Compresses bytes with zstd at level 1, which is the fastest of its levels that take the repetitions out of a batch's JSON.
///
/// The library's contexts take a megabyte and are kept between calls. Calls from several threads take turns.
final class Zstandard: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A `ZSTD_CCtx` or a `ZSTD_DCtx`, which is freed with it.
    ///
    /// It is `Sendable` because any thread may use a context, one thread at a time, and the only way to one is through its `Mutex`.
    private struct Context: ~Copyable, @unchecked Sendable {
        let pointer: OpaquePointer
        let release: @Sendable (OpaquePointer?) -> Int

        deinit { _ = release(pointer) }
    }

    private let compressor: Mutex<Context>
    private let decompressor: Mutex<Context>

    init() {
        // The library returns no context only if there is no memory.
        let compressor = ZSTD_createCCtx()!
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, 1)
        // A reader notices a bit that was flipped in the store or on the way.
        ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1)
        self.compressor = Mutex(Context(pointer: compressor, release: { ZSTD_freeCCtx($0) }))
        decompressor = Mutex(Context(pointer: ZSTD_createDCtx()!, release: { ZSTD_freeDCtx($0) }))
    }

    /// Returns `head`, and after it `bytes` as one frame. The same bytes give the same frame, from one version of the library.
    func compressed(_ bytes: [UInt8], after head: [UInt8]) -> [UInt8] {
        let room = head.count + ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            _ = buffer.update(fromContentsOf: head)
            let written = compressor.withLock {
                ZSTD_compress2($0.pointer, buffer.baseAddress! + head.count, room - head.count, bytes, bytes.count)
            }
            // The room is what the library asks for, so there is no other reason than a mistake here.
            precondition(ZSTD_isError(written) == 0, String(cString: ZSTD_getErrorName(written)))
            count = head.count + written
        }
    }

    /// Returns the content of `frame`, which has to be one whole frame that says how large its content is: at most `limit` bytes.
    func decompressed(_ frame: ArraySlice<UInt8>, limit: Int) throws -> [UInt8] {
        let size = try frame.withUnsafeBytes { frame in
            let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
            // The two largest numbers stand for “unknown” and “not a frame”.
            guard size <= limit else { throw Failure(description: "it is no zstd frame with a content of at most \(limit) bytes") }
            guard ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count else {
                throw Failure(description: "its zstd frame is cut off, or something follows it")
            }
            return Int(size)
        }
        var code = 0
        let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            code = frame.withUnsafeBytes { frame in
                decompressor.withLock {
                    ZSTD_decompressDCtx($0.pointer, buffer.baseAddress, size, frame.baseAddress, frame.count)
                }
            }
            count = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else { throw Failure(description: String(cString: ZSTD_getErrorName(code))) }
        return content
    }
}
