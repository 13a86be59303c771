import Foundation
import Mosquitto
import TallywireCore

/// Tells the worker on a MARK scanner what became of a scan: a light and a sound, and a text on its display.
///
/// Source: ProGlove Documentation, "Worker Feedback command" and "Screen templates": `feedback!` with `feedback_action_id`, `display!`
/// with the templates PG2 (two fields) and PG1E (one field, an error); 40 bytes a header, 80 a field.
struct ProGloveFeedback {
    let options: FeedbackOptions
    let gateway: String?
    let device: String

    /// The messages for `reply`, none if the topic cannot be made.
    func messages(for reply: ScanReply, now: Timestamp) -> [MQTTMessage] {
        let light = message("feedback!", now) { json in
            json.key("feedback_action_id")
            json.string(reply.isGood ? "FEEDBACK_POSITIVE" : "FEEDBACK_NEGATIVE")
        }
        let display = message("display!", now) { json in
            let (template, fields) = screen(reply)
            json.key("display_template_id")
            json.string(template)
            json.key("display_refresh_type")
            json.string("DEFAULT")
            json.key("display_duration_ms")
            json.integer(Int64(0))
            json.key("display_fields")
            json.array { json in
                for (index, field) in fields.enumerated() {
                    json.object { json in
                        json.key("display_field_id")
                        json.integer(Int64(index + 1))
                        json.key("display_field_header")
                        json.string(Self.cut(field.header, to: 40))
                        json.key("display_field_content")
                        json.string(Self.cut(field.content, to: 80))
                    }
                }
            }
        }
        return [light, display].compactMap(\.self)
    }

    private func screen(_ reply: ScanReply) -> (template: String, fields: [(header: String, content: String)]) {
        switch reply.results.first {
        case .applied(let receipt):
            let line = receipt.lines.last
            let word = receipt.status == .applied && reply.note == nil ? options.applied : options.repeated
            return ("PG2", [(word, line?.sku ?? ""), (options.left, line.map { "\($0.stock)" } ?? "")])
        case .rejected(let rejection): return ("PG1E", [(options.rejected, rejection.message)])
        case nil: return ("PG1E", [(options.rejected, reply.note?.message ?? "")])
        }
    }

    private func message(_ event: String, _ now: Timestamp, _ body: (inout JSONWriter) -> Void) -> MQTTMessage? {
        guard let topic = options.topic.topic(gateway: gateway, device: device, event: event) else { return nil }
        var json = JSONWriter(capacity: 384)
        json.object { json in
            json.key("api_version")
            json.string("1.0")
            json.key("event_type")
            json.string(event)
            json.key("event_id")
            json.string(UUID().uuidString.lowercased())
            json.key("time_created")
            json.integer(now.milliseconds)
            json.key("device_serial")
            json.string(device)
            body(&json)
        }
        return MQTTMessage(topic: topic, payload: json.bytes)
    }

    /// The beginning of `text` in at most so many bytes of UTF-8.
    private static func cut(_ text: String, to bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var result = ""
        for character in text {
            guard result.utf8.count + character.utf8.count <= bytes - 3 else { break }
            result.append(character)
        }
        return result + "…"
    }
}
