import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Messages that were being handled when the server crashed, again and again.
extension ScanService {
    /// Whether what has this mark is not handled any more.
    func isPoison(_ mark: UInt64) -> Bool { context.setAside?.note.poison.contains(mark) == true }

    /// Whether the command with this key is not decided any more.
    func isPoison(_ key: String?) -> Bool {
        guard let poison = context.setAside?.note.poison, !poison.isEmpty, let key else { return false }
        return poison.contains(HandlingNote.mark(key))
    }

    /// Puts a message into its file, tells that, and gives its answer. `nil` if the task was cancelled before that was done.
    mutating func setAside(_ message: InboundMessage, _ mark: UInt64) async -> [MQTTMessage]? {
        guard let box = context.setAside else { return [] }
        let device = desk.device(of: message.topic) ?? statuses?.device(of: message.topic).map(ScanDesk.name) ?? ""
        let file = box.file(of: context.name)
        let now = context.now()
        let id = "set-aside-" + String(mark, radix: 16)
        let report = Report.setAside(ScanSetAside(device: device, source: context.name, topic: message.topic.excerpt, file: file))
        let isDone = await untilDone("a message that ends the server cannot be set aside") { service in
            try box.put(message.payload, topic: message.topic, device: device, source: service.context.name, at: now)
            let outcome = await service.context.gateway.submit(
                Command(id: id, source: service.context.name, action: .report(report)))
            if case .rejected(let rejection) = outcome, !rejection.code.isFinal { throw rejection }
        }
        guard isDone else { return nil }
        context.status.update { $0.malformed += 1 }
        context.logger.error(
            "A message was being handled when the server crashed, twice in a row. It is set aside and not handled again.",
            metadata: ["device": "\(device.excerpt)", "topic": "\(message.topic.excerpt)", "file": "\(file)"])
        let rejection = Rejection(.invalidRequest, "this message ended the server twice and was set aside: tell who runs it")
        let reply = ScanReply(id: ScanPayload.id(inMalformed: message.payload) ?? id, outcome: .rejected(rejection))
        return desk.answers(reply, to: message, Addressee(device: device, name: device), now: now)
    }
}

extension InboundMessage {
    /// What tells it from other messages, the same whenever it comes again.
    var mark: UInt64 {
        var topic = topic
        return topic.withUTF8 { topic in
            payload.withUnsafeBytes { HandlingNote.mark([UnsafeRawBufferPointer(topic), $0]) }
        }
    }
}
