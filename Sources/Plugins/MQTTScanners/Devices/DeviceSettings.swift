import TallywireCore

/// What a device's scans mean where the payload does not say so, and how the device writes them.
struct DeviceSettings: Equatable, Sendable, Decodable {
    var operation: Operation?
    var location: String?
    /// The location to which a transfer goes.
    var destination: String?
    var reason: String?
    var quantity: Int64?
    var payload: PayloadFormat?
    var codes: CodeOptions?
    /// Two scans of the same code by the same device within this time are one scan.
    var bounce: Duration?
    /// A tag that was counted counts again after it was out of sight for this long.
    var tagWindow: Duration?
    var feedback: FeedbackOptions?
    /// Whether a subtract of more units than are known to be there applies.
    var negative: NegativeRule?
    /// How long after a scan `TW:UNDO` takes it back.
    var undo: Duration?
    var mode: ModeOptions?
    /// Whether the device speaks for others: then a name in its payload says which device scanned.
    var gateway: Bool?

    private enum CodingKeys: String, CodingKey {
        case operation, location, reason, quantity, payload, codes, bounce, tagWindow, feedback, gateway, negative, undo, mode
        case destination = "to"
    }

    init(
        operation: Operation? = nil, location: String? = nil, destination: String? = nil, reason: String? = nil,
        quantity: Int64? = nil, payload: PayloadFormat? = nil, codes: CodeOptions? = nil, bounce: Duration? = nil,
        tagWindow: Duration? = nil, feedback: FeedbackOptions? = nil, gateway: Bool? = nil, negative: NegativeRule? = nil,
        undo: Duration? = nil, mode: ModeOptions? = nil
    ) {
        self.undo = undo
        self.mode = mode
        self.operation = operation
        self.location = location
        self.destination = destination
        self.reason = reason
        self.quantity = quantity
        self.payload = payload
        self.codes = codes
        self.bounce = bounce
        self.tagWindow = tagWindow
        self.feedback = feedback
        self.gateway = gateway
        self.negative = negative
    }

    /// These settings, with the gaps filled from `other`.
    func filled(from other: DeviceSettings) -> DeviceSettings {
        DeviceSettings(
            operation: operation ?? other.operation, location: location ?? other.location,
            destination: destination ?? other.destination, reason: reason ?? other.reason, quantity: quantity ?? other.quantity,
            payload: payload ?? other.payload, codes: codes?.filled(from: other.codes) ?? other.codes,
            bounce: bounce ?? other.bounce, tagWindow: tagWindow ?? other.tagWindow, feedback: feedback ?? other.feedback,
            gateway: gateway ?? other.gateway, negative: negative ?? other.negative, undo: undo ?? other.undo,
            mode: mode?.filled(from: other.mode) ?? other.mode)
    }
}
