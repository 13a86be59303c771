import Glibc
import NIOPosix
import TallywireAccess

/// Finds the addresses of a name.
struct AddressLookup: Sendable {
    /// Returns the addresses in the system's order of preference, as texts. Throws if there are none.
    let addresses: @Sendable (_ host: String) async throws -> [String]

    /// By the system: its files and its name servers. The waiting is done on a thread that may wait.
    static let system = AddressLookup { host in
        try await NIOThreadPool.singleton.runIfActive { try resolve(host) }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static func resolve(_ host: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            throw Failure(description: "no address of \(host) was found: \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let named = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if named == 0 {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        }
        return addresses
    }
}
