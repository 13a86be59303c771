import TallywireCore
import TallywirePipeline

/// How the devices of one vendor write what they scan. Each format is a file of its own; ``PayloadFormat/vendors`` lists them.
protocol VendorFormat: Sendable {
    /// The format's word in plugins.json.
    static var word: String { get }

    /// The format's description and an example, for `GET /asyncapi.json`; see ``Messaging/scan(_:_:contentType:_:correlation:examples:)``.
    static var message: Messaging.Message { get }

    /// Whether a message, or the first element of an array, is of this format, by members that no other format has.
    static func isMeant(by message: JSONValue) -> Bool

    /// Reads a message. Returns `nil` for one that is well-formed and no scan, such as the press of a button.
    static func payload(_ message: JSONValue) throws(MalformedScan) -> ScanPayload?

    /// The id in a message that is wrong in another member, so that the sender can tell which message the reply belongs to.
    static func id(inMalformed message: JSONValue) -> String?
}

extension VendorFormat {
    static func id(inMalformed message: JSONValue) -> String? { nil }
}
