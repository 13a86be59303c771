import Crypto
import Foundation

/// A hash over all events up to one: `h(n) = SHA-256(h(n−1) ‖ n as 8 bytes, the highest first ‖ the JSON of event n)`.
///
/// Whoever knows the hash of one event can tell whether any event up to it was changed, left out or added since. The first of a
/// journal's hashes is SHA-256 of its epoch.
public struct ChainHash: Equatable, Sendable {
    /// The last event that it covers.
    public private(set) var seq: UInt64
    /// 32 bytes.
    public private(set) var bytes: [UInt8]

    /// The hash after `seq`.
    init(seq: UInt64, bytes: [UInt8]) {
        (self.seq, self.bytes) = (seq, bytes)
    }

    /// The hash with which a chain begins, before the event after `seq`.
    init(beginningAfter seq: UInt64, epoch: String) {
        self.init(seq: seq, bytes: Array(SHA256.hash(data: Array(epoch.utf8))))
    }

    /// Goes on to the next event, whose JSON this is.
    mutating func append(_ json: some ContiguousBytes) {
        seq += 1
        var hash = SHA256()
        hash.update(data: bytes)
        withUnsafeBytes(of: seq.bigEndian) { hash.update(bufferPointer: $0) }
        json.withUnsafeBytes { hash.update(bufferPointer: $0) }
        bytes = Array(hash.finalize())
    }

    /// The hash in hexadecimal digits.
    public var hex: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
