import NIOCore
import NIOPosix

/// A TCP connection on which a test says exactly what is sent and when.
struct RawConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Opens a connection, runs `body`, and closes it.
    static func open(port: Int, _ body: @Sendable (inout Exchange) async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var exchange = Exchange(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            try await body(&exchange)
        }
    }

    struct Exchange {
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        /// Everything that came.
        private(set) var received = ""

        func send(_ text: String) async throws {
            try await outbound.write(ByteBuffer(string: text))
        }

        /// Sends one chunk of a chunked body.
        func sendChunk(_ text: String) async throws {
            try await send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
        }

        /// Reads until `text` has come, or everything has.
        mutating func receive(until text: String) async throws {
            while !received.contains(text), let piece = try await inbound.next() { received += String(buffer: piece) }
        }

        /// Reads until the other side closes.
        mutating func receiveAll() async throws {
            while let piece = try await inbound.next() { received += String(buffer: piece) }
        }

        fileprivate init(
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.inbound = inbound
            self.outbound = outbound
        }
    }
}
