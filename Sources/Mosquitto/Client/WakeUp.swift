import CMosquitto
import Glibc

/// A descriptor that makes a `poll` return, signalled from any thread (`eventfd(2)`).
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
        // A full counter means that the reader has not looked yet, and will.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Forgets the signals so far.
    private func reset() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }

    /// Waits until `socket` can be read (or written, if `writing`), a thread signals, or `limit` is over; without a `limit` the
    /// wait may last for ever. Returns whether the socket can be read. A negative `socket` stands for none.
    func wait(for socket: Int32, writing: Bool, upTo limit: Duration?) -> Bool {
        var descriptors = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: Int16(POLLIN) | (writing ? Int16(POLLOUT) : 0), revents: 0),
        ]
        let milliseconds = limit.map { Int32(clamping: max(0, $0.milliseconds + 1)) } ?? -1
        guard poll(&descriptors, 2, milliseconds) > 0 else { return false }
        if descriptors[0].revents != 0 { reset() }
        return descriptors[1].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0
    }
}

extension Duration {
    /// Whole milliseconds, as `poll` takes them.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
