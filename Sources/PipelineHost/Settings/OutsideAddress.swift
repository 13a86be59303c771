import Foundation

/// Where callers find the server from outside, as `http.base` says: behind a proxy that has put it under a path.
///
/// Pages, scripts and calls use addresses that are relative to the page, and need no base. It is for what has to name the whole address:
/// the servers in `/openapi.json` and `/asyncapi.json`, and what the server prints at its start.
public struct OutsideAddress: Equatable, Sendable, Decodable {
    /// `https://example.com/stock`, or `/stock`, without a slash at its end.
    public let text: String
    /// `example.com`, with the port if there is one; `nil` if only the path is known.
    public let authority: String?
    /// `/stock`; empty for the root.
    public let path: String

    /// `nil` if `text` is neither a path nor an address of HTTP, or ends with a slash.
    public init?(_ text: String) {
        guard let parts = URLComponents(string: text, encodingInvalidCharacters: false), parts.query == nil, parts.fragment == nil,
            parts.user == nil,
            !text.hasSuffix("/"), !parts.percentEncodedPath.contains("//")
        else { return nil }
        if text.hasPrefix("/") {
            guard parts.host == nil else { return nil }
            authority = nil
        } else {
            guard ["http", "https"].contains(parts.scheme), let host = parts.percentEncodedHost, !host.isEmpty else { return nil }
            authority = host + (parts.port.map { ":\($0)" } ?? "")
        }
        self.text = text
        path = parts.percentEncodedPath
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = OutsideAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is neither an address nor a path")
        }
        self = address
    }
}
