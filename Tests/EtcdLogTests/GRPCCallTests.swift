import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import EtcdLog

@Suite("A call of gRPC")
struct GRPCCallTests {
    private let channel = EmbeddedChannel()
    private let call: GRPCCall

    init() throws {
        call = GRPCCall(try EtcdEndpoint("http://etcd:1"), limit: 100, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(call)
    }

    private func headers(_ pairs: (String, String)..., end: Bool = false) throws {
        try channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: HPACKHeaders(pairs), endStream: end)))
    }

    private func data(_ bytes: [UInt8], end: Bool = false) throws {
        try channel.writeInbound(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: end)))
    }

    /// What somebody who waits gets: the bytes of a message, `end`, or an error.
    private func next(_ body: () throws -> Void) throws -> String {
        let future = call.next(within: .seconds(1))
        try body()
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        do {
            return try future.wait().map { "\(Array($0.readableBytesView))" } ?? "end"
        } catch {
            return "\((error as? EtcdError)?.code.rawValue ?? ""): \(error)"
        }
    }

    @Test("says what it asks for, and how long that takes at most")
    func start() throws {
        call.start("/a.B/C", timeout: .milliseconds(1_500))
        call.send([7, 8], isLast: true)
        guard case .headers(let frame)? = try channel.readOutbound(as: HTTP2Frame.FramePayload.self) else {
            Issue.record("the first frame has no headers")
            return
        }
        #expect(frame.headers.first(name: ":path") == "/a.B/C" && frame.headers.first(name: ":authority") == "etcd:1")
        #expect(frame.headers.first(name: "grpc-timeout") == "1500m" && frame.headers.first(name: "te") == "trailers")
        guard case .data(let data)? = try channel.readOutbound(as: HTTP2Frame.FramePayload.self),
            case .byteBuffer(let bytes) = data.data
        else {
            Issue.record("the second frame has no data")
            return
        }
        #expect(data.endStream && Array(bytes.readableBytesView) == [0, 0, 0, 0, 2, 7, 8])
    }

    @Test("gives messages in order, however they are cut into frames, and then the end")
    func messages() throws {
        try headers((":status", "200"))
        let bytes: [UInt8] = [0, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9]
        #expect(try next { for byte in bytes { try data([byte]) } } == "[1, 2]")
        #expect(try next {} == "[]")
        #expect(try next {} == "[9]")
        #expect(try next { try headers(("grpc-status", "0"), end: true) } == "end")
        #expect(try next {} == "end")
    }

    @Test("who waits too long is told, and the call goes on")
    func late() throws {
        #expect(try next {} == "unreachable: http://etcd:1: no answer within 1.0 seconds")
        #expect(try next { try data([0, 0, 0, 0, 1, 5]) } == "[5]")
    }

    @Test("fails with etcd's status and its text")
    func status() throws {
        try headers(
            (":status", "200"), ("grpc-status", "8"), ("grpc-message", "etcdserver: mvcc: database space%20exceeded"), end: true)
        #expect(try next {}.hasPrefix("full: http://etcd:1: the database of etcd has reached its quota"))
    }

    @Test(
        "what is no answer of gRPC is refused",
        arguments: [
            ([(":status", "503")], [], "it answers with HTTP's status 503"), ([("grpc-status", "x")], [], "the status is “x”"),
            ([], [1, 0, 0, 0, 0], "a message is compressed"),
            ([], [0, 0, 0, 0, 101], "a message has 101 bytes, and at most 100 are read"),
        ] as [([(String, String)], [UInt8], String)])
    func refused(pairs: [(String, String)], bytes: [UInt8], text: String) throws {
        let answer = try next {
            if bytes.isEmpty {
                try channel.writeInbound(HTTP2Frame.FramePayload.headers(.init(headers: HPACKHeaders(pairs))))
            } else {
                try data(bytes)
            }
        }
        #expect(answer.hasPrefix("unexpected: ") && answer.contains(text), "\(answer)")
    }

    @Test("a message of the largest size is read")
    func largest() throws {
        #expect(
            try next { try data([0, 0, 0, 0, 100] + [UInt8](repeating: 1, count: 100)) } == "\([UInt8](repeating: 1, count: 100))")
    }

    @Test("an end without a status, a reset and a lost connection are no success")
    func ends() throws {
        #expect(try next { try data([], end: true) } == "unexpected: http://etcd:1: the answer ends without a status")
        let other = try GRPCCallTests()
        #expect(
            try other.next { try other.channel.writeInbound(HTTP2Frame.FramePayload.rstStream(.cancel)) }
                .hasPrefix("unreachable: http://etcd:1: the member ended the call"))
        let third = try GRPCCallTests()
        #expect(try third.next { _ = try third.channel.finish() } == "unreachable: http://etcd:1: the connection ended")
        #expect(try third.next {} == "unreachable: http://etcd:1: the connection ended")
    }

    @Test("etcd's errors are told apart by what a node has to do")
    func errors() throws {
        let member = try EtcdEndpoint("http://etcd:1")
        let codes: [(Int, String, EtcdError.Code)] = [
            (3, "etcdserver: request is too large", .tooLarge),
            (8, "grpc: received message larger than max (9 vs. 8)", .tooLarge), (8, "etcdserver: too many requests", .unavailable),
            (8, "etcdserver: mvcc: database space exceeded", .full), (7, "etcdserver: permission denied", .forbidden),
            (16, "etcdserver: invalid auth token", .forbidden), (3, "etcdserver: user name is empty", .forbidden),
            (14, "etcdserver: no leader", .unavailable), (9, "etcdserver: not leader", .unavailable),
            (4, "context deadline exceeded", .unavailable),
            (11, "etcdserver: mvcc: required revision has been compacted", .compacted),
            (15, "etcdserver: corrupt cluster", .unexpected),
        ]
        for (status, text, code) in codes { #expect(EtcdError(status: status, text, from: member).code == code, "\(text)") }
    }
}
