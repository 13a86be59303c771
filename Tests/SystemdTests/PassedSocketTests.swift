import Foundation
import TestSupport
import Testing

@testable import Systemd

@Suite("A socket that systemd passes")
struct PassedSocketTests {
    @Test("LISTEN_FDS counts only for the process in LISTEN_PID")
    func count() throws {
        func count(_ environment: [String: String]) throws -> Int? { try PassedSocket.count(environment: environment, process: 7) }
        #expect(try count([:]) == nil)
        #expect(try count(["LISTEN_FDS": "1"]) == nil)
        #expect(try count(["LISTEN_PID": "8", "LISTEN_FDS": "1"]) == nil)
        #expect(try count(["LISTEN_PID": "8", "LISTEN_FDS": "x"]) == nil, "it is not ours to judge")
        #expect(try count(["LISTEN_PID": "7", "LISTEN_FDS": "0"]) == nil)
        #expect(try count(["LISTEN_PID": "7", "LISTEN_FDS": "2"]) == 2)
        for text in ["", "x", "-1"] {
            #expect(throws: SystemdError.self) { try count(["LISTEN_PID": "7", "LISTEN_FDS": text]) }
        }
    }

    @Test("two sockets are one too many")
    func two() {
        let error = #expect(throws: SystemdError.self) {
            try PassedSocket(environment: ["LISTEN_PID": "7", "LISTEN_FDS": "2"], process: 7)
        }
        #expect(error?.description.contains("passes 2 sockets") == true)
    }

    @Test("a TCP socket that listens is taken with its address, and is not inherited by programs")
    func listening() throws {
        let socket = try ListeningSocket()
        try withExtendedLifetime(socket) {
            _ = fcntl(socket.descriptor, F_SETFD, 0)
            let passed = try PassedSocket(descriptor: socket.descriptor)
            #expect(passed.host == "127.0.0.1" && passed.port == socket.port && passed.port > 0)
            #expect(fcntl(socket.descriptor, F_GETFD) == FD_CLOEXEC)
        }
    }

    @Test("an IPv6 address has no brackets")
    func version6() throws {
        let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        // Without an address the kernel takes :: and a free port.
        try #require(listen(descriptor, 1) == 0)
        #expect(try PassedSocket(descriptor: descriptor).host == "::")
    }

    /// What cannot be listened on, and why.
    static let others: [(open: @Sendable () throws -> Int32, reason: String)] = [
        ({ try withExtendedLifetime(ListeningSocket(listens: false)) { dup($0.descriptor) } }, "it does not listen"),
        ({ socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }, "it is no stream socket"),
        ({ open("/dev/null", O_RDONLY) }, "it is no socket"),
        (
            {
                let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                // The kernel gives it an abstract name.
                withUnsafePointer(to: &address) { pointer in
                    _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, 2) }
                }
                listen(descriptor, 1)
                return descriptor
            }, "it is not for TCP"
        ),
    ]

    @Test("anything else is refused with the reason and what to do", arguments: others.indices)
    func refused(index: Int) throws {
        let descriptor = try Self.others[index].open()
        defer { close(descriptor) }
        let error = #expect(throws: SystemdError.self) { try PassedSocket(descriptor: descriptor) }
        #expect(error?.description.contains(Self.others[index].reason) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("ListenStream=") == true)
    }

    @Test("a descriptor that is not there is refused")
    func missing() {
        let error = #expect(throws: SystemdError.self) { try PassedSocket(descriptor: 100_000) }
        #expect(error?.description.contains("there is no such descriptor") == true)
    }
}
