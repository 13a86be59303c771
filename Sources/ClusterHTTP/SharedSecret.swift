import HTTPPort
import HTTPTypes

/// What the nodes of a cluster show each other.
struct SharedSecret: Sendable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    var authorization: String { "Bearer " + String(decoding: bytes, as: UTF8.self) }

    /// Throws a problem unless the request shows the secret. How long the comparison takes says nothing about the secret but its length.
    func check(_ headers: HTTPFields) throws(Problem) {
        let shown = Array((headers[.authorization] ?? "").utf8)
        let expected = Array(authorization.utf8)
        var difference = UInt8(shown.count == expected.count ? 0 : 1)
        for (a, b) in zip(shown, expected) { difference |= a ^ b }
        guard difference == 0 else {
            throw .forbidden("this is for the nodes of the cluster, which show the secret of “cluster” in plugins.json")
        }
    }
}
