import CMosquitto
import Glibc

/// A descriptor that makes a `poll` return, from any thread (`eventfd(2)`).
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(MQTTError) {
        descriptor = tallywire_eventfd()
        guard descriptor >= 0 else {
            throw MQTTError(.library, "no descriptor left for the MQTT client: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func signal() {
        var one: UInt64 = 1
        // A full counter means that the reader has not looked yet, and it will.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Forgets the signals so far.
    func reset() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
