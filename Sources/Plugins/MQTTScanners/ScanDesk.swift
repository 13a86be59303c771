import Mosquitto
import TallywireCore

/// Turns a message into what is to be done with it. Pure: it neither submits nor publishes.
struct ScanDesk: Sendable {
    let source: String
    let topic: ScanTopic
    let devices: DeviceBook
    let defaultLocation: String
    let lineLimit: Int

    /// What is to be done with a message.
    enum Order: Equatable, Sendable {
        /// Nothing: it is retained, or on a topic that is not ours.
        case ignore
        /// It is no scan; this is its answer.
        case refuse(ScanReply, device: String)
        case submit(Command, device: String, isList: Bool, idIsGiven: Bool)
    }

    /// `makeID` gives the id of a message whose payload has none; it is called once at most.
    func order(for message: InboundMessage, makeID: () -> String) -> Order {
        guard !message.isRetained, let device = topic.device(of: message.topic) else { return .ignore }
        do throws(MalformedScan) {
            let source = "\(source)/\(device)"
            guard !device.isEmpty, source.count <= Limits.sourceLength else {
                throw MalformedScan("a device's name has 1 to \(Limits.sourceLength - self.source.count - 1) characters")
            }
            guard !message.isOversized else {
                throw MalformedScan("the payload has \(message.size) bytes, which is over the limit")
            }
            let payload = try ScanPayload(message.payload, lineLimit: lineLimit)
            let movement = try payload.movement(of: device, devices.settings(of: device), defaultLocation: defaultLocation)
            let command = Command(id: payload.id ?? makeID(), source: source, action: .move(movement))
            return .submit(command, device: device, isList: payload.isList, idIsGiven: payload.id != nil)
        } catch {
            let id = ScanPayload.id(inMalformed: message.payload) ?? makeID()
            return .refuse(ScanReply(id: id, outcome: .rejected(Rejection(.invalidRequest, error.description))), device: device)
        }
    }

    /// The message that brings `reply` to the sender of `request`: to its response topic with its correlation data, else to the
    /// device's own. A response topic that nothing can be published to, or that would come back as a scan, is passed over.
    func answer(_ reply: ScanReply, to request: InboundMessage, device: String) -> MQTTMessage? {
        var target = topic.answers(toScanOn: request.topic) ?? ""
        if let wanted = request.responseTopic, Topic.problem(wanted) == nil, !Topic.matches(wanted, filter: topic.filter) {
            target = wanted
        }
        guard Topic.problem(target) == nil else { return nil }
        return MQTTMessage(topic: target, payload: reply.json, correlationData: request.correlationData)
    }
}
