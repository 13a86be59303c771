import Foundation
import TallywireConfiguration
import TallywirePipeline

/// The options of `webhook`. The schema has their defaults.
struct WebhookOptions: Decodable, Sendable {
    var url: String
    var secret: Secrets?
    var body: Body
    var batch: Int?
    var timeout: Duration
    var headers: [String: String]
    var concurrency: Int
    var allowPrivate: Bool
    var tls: TLSFiles
    var cloudEvents = CloudEvent.Options()

    /// What a request carries.
    enum Body: String, CaseIterable, Decodable, Sendable {
        /// The event as it is in the journal.
        case event
        /// An array of such events.
        case batch
        /// A CloudEvent of version 1.0, or with more than one event an array of them.
        case cloudevents
    }

    struct Secrets: Decodable, Sendable {
        let all: [String]

        init(_ all: [String]) { self.all = all }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let one = try? value.decode(String.self) { all = [one] } else { all = try value.decode([String].self) }
        }
    }

    /// Whether the body is an array.
    var isBatch: Bool { body == .batch || batchSize > 1 }

    /// The most events of one request.
    var batchSize: Int { batch ?? (body == .batch ? 100 : 1) }

    /// Throws what no schema can express.
    func validate() throws(OptionError) {
        if body == .event, batchSize > 1 {
            throw OptionError("batch", message: "the body “event” carries one event: leave “batch” out, or choose the body “batch”")
        }
        guard let components = URLComponents(string: url), components.host?.isEmpty == false else {
            throw OptionError("url", message: "this is no URL with a host")
        }
        guard components.user == nil, components.password == nil else {
            throw OptionError(
                "url", message: "put the name and the password into “headers”, as Authorization, and not into the URL")
        }
        for (name, value) in headers
        where value.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
            throw OptionError("headers", name, message: "the value has a control character, such as a line end")
        }
        if let mistake = tls.mistake { throw mistake }
    }

    /// What `check --connect` finds: whether the receiver can be reached and speaks HTTP. A HEAD request is sent, and no event.
    func problems(_ context: ProbeContext) async -> [OptionError] {
        let receiver: Receiver
        do throws(OptionError) {
            try validate()
            receiver = try Receiver(self, version: "check")
        } catch {
            return [error]
        }
        defer { receiver.close() }
        do {
            try await receiver.probe()
            return []
        } catch {
            return [OptionError("url", message: "\(error)")]
        }
    }
}
