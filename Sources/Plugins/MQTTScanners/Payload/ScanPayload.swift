import TallywireCore

/// What a device published: scans, and how they belong together.
struct ScanPayload: Equatable, Sendable {
    /// At least one.
    var scans: [Scan]
    var grouping = Grouping.one
    /// The device that scanned, where the payload names it and the topic only its gateway.
    var device: String?
    /// How the sender wants to be answered, where it has a way of its own.
    var feedback: Feedback?

    enum Grouping: Equatable, Sendable {
        /// One scan.
        case one
        /// An array that is one movement, answered with a line for each change.
        case together
        /// A batch of a reader: each scan is a movement of its own, so that one that cannot be applied holds up no other.
        case apart
    }

    /// A device's own way to be answered.
    enum Feedback: Equatable, Sendable {
        case proGlove(gateway: String?, device: String)
    }

    init(scans: [Scan], grouping: Grouping = .one, device: String? = nil, feedback: Feedback? = nil) {
        self.scans = scans
        self.grouping = grouping
        self.device = device
        self.feedback = feedback
    }

    /// The id that the scanner gave: an array's is its first element's.
    var id: String? { scans.first?.id }

    /// White space of JSON, and the NUL that some scanners end a code with. Not the GS of GS1, which belongs to the code.
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A || byte == 0
    }

    /// The payload without white space around it.
    static func trimmed(_ payload: [UInt8]) -> ArraySlice<UInt8> {
        var rest = payload.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Refuses a payload that would take long to compare: before anything in it is compared.
    static func refuseMarks(in payload: [UInt8]) throws(MalformedScan) {
        guard let place = StreamSafeText.firstBreach(in: payload) else { return }
        throw MalformedScan("byte \(place) of the payload: \(StreamSafeText.mistake)")
    }

    /// The id in a payload that is wrong in another place, so that its sender knows the answer as his.
    static func id(inMalformed payload: [UInt8]) -> String? {
        guard StreamSafeText.isKept(by: payload), let value = try? JSONReader.value(of: payload) else { return nil }
        let first = value.array?.first ?? value
        guard let id = first["id"]?.string ?? first["event_id"]?.string, Command.validate(id: id) == nil else { return nil }
        return id
    }
}

extension MalformedScan {
    init(_ mistake: JSONReader.Mistake) { self.init("the payload is not JSON: \(mistake)") }
}
