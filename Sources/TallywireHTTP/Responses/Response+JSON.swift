import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore

extension HTTPField.Name {
    /// The last event that the values of the response include.
    static let tallywireSeq = unchecked("Tallywire-Seq")
    /// The journal to which the response's `seq` belongs.
    static let tallywireEpoch = unchecked("Tallywire-Epoch")
    /// The id of the movement or change that the response is about.
    static let tallywireMovement = unchecked("Tallywire-Movement")
    /// Whether the change was applied by this request or is a `duplicate`.
    static let tallywireStatus = unchecked("Tallywire-Status")
    /// W3C Trace Context.
    static let traceParent = unchecked("traceparent")
    static let requestID = unchecked("X-Request-Id")
    static let idempotencyKey = unchecked("Idempotency-Key")
    static let forwardedFor = unchecked("X-Forwarded-For")
    static let fetchSite = unchecked("Sec-Fetch-Site")

    static let referrerPolicy = unchecked("Referrer-Policy")
    static let permissionsPolicy = unchecked("Permissions-Policy")
    static let crossOriginOpenerPolicy = unchecked("Cross-Origin-Opener-Policy")

    static func unchecked(_ name: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is a token") }
        return name
    }
}

extension JSONWriter {
    /// Writes `{"items":[…],"nextCursor":…}`, the form of every list. `nextCursor` is `null` on the last page.
    mutating func page<Item>(_ items: some Sequence<Item>, next: Cursor?, _ write: (Item, inout JSONWriter) -> Void) {
        object { json in
            json.array("items") { json in
                for item in items { write(item, &json) }
            }
            json.key("nextCursor")
            if let next { json.string(next.text) } else { json.null() }
        }
    }
}
