import Foundation
import Mosquitto
import TallywireCore

/// Tells the worker on a MARK scanner what became of a scan, by a light, a sound, and a text on the display.
///
/// Source: ProGlove Documentation, "Worker Feedback command" and "Screen templates": `feedback!` with `feedback_action_id`, `display!`
/// with the templates PG2 (two fields) and PG1E (one field, an error); 40 bytes a header, 80 a field.
struct ProGloveFeedback {
    let options: FeedbackOptions
    let gateway: String?
    let device: String

    /// The messages for `reply`; none if the topic cannot be made.
    func messages(for reply: ScanReply, now: Timestamp) -> [MQTTMessage] {
        let light = message("feedback!", now) { json in
            json.member("feedback_action_id", reply.isGood ? "FEEDBACK_POSITIVE" : "FEEDBACK_NEGATIVE")
        }
        let display = message("display!", now) { json in
            let (template, fields) = screen(reply)
            json.member("display_template_id", template)
            json.member("display_refresh_type", "DEFAULT")
            json.member("display_duration_ms", Int64(0))
            json.array("display_fields") { json in
                for (index, field) in fields.enumerated() {
                    json.object { json in
                        json.member("display_field_id", Int64(index + 1))
                        json.member("display_field_header", Self.cut(field.header, to: 40))
                        json.member("display_field_content", Self.cut(field.content, to: 80))
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
            guard let line else { return ("PG2", [(word, reply.mode?.words ?? ""), ("", "")]) }
            return ("PG2", [(word, line.sku), (options.left, "\(line.stock)")])
        case .rejected(let rejection): return ("PG1E", [(options.rejected, rejection.message)])
        case nil: return ("PG1E", [(options.rejected, reply.note?.message ?? "")])
        }
    }

    private func message(_ event: String, _ now: Timestamp, _ body: (inout JSONWriter) -> Void) -> MQTTMessage? {
        guard let topic = options.topic.topic(gateway: gateway, device: device, event: event) else { return nil }
        var json = JSONWriter(capacity: 384)
        json.object { json in
            json.member("api_version", "1.0")
            json.member("event_type", event)
            json.member("event_id", UUID().uuidString.lowercased())
            json.member("time_created", now.milliseconds)
            json.member("device_serial", device)
            body(&json)
        }
        return MQTTMessage(topic: topic, payload: json.bytes)
    }

    /// The beginning of `text`, in at most so many bytes of UTF-8.
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
