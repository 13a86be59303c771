import TallywireCore

/// What a device's scans mean where they do not say it themselves, and how the device writes them.
struct DeviceSettings: Equatable, Sendable, Decodable {
    var operation: Operation?
    var location: String?
    /// Where to, for a transfer.
    var destination: String?
    var reason: String?
    var quantity: Int64?
    var payload: PayloadFormat?
    var codes: CodeOptions?
    /// Within this time the same code from the same device is the same scan.
    var bounce: Duration?
    /// A tag that was counted counts again when it was out of sight for so long.
    var tagWindow: Duration?
    var feedback: FeedbackOptions?
    /// Whether it speaks for others: then a name in its payload says who scanned.
    var gateway: Bool?

    private enum CodingKeys: String, CodingKey {
        case operation, location, reason, quantity, payload, codes, bounce, tagWindow, feedback, gateway
        case destination = "to"
    }

    init(
        operation: Operation? = nil, location: String? = nil, destination: String? = nil, reason: String? = nil,
        quantity: Int64? = nil, payload: PayloadFormat? = nil, codes: CodeOptions? = nil, bounce: Duration? = nil,
        tagWindow: Duration? = nil, feedback: FeedbackOptions? = nil, gateway: Bool? = nil
    ) {
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
    }

    /// These settings, and `other`'s where they say nothing.
    func filled(from other: DeviceSettings) -> DeviceSettings {
        DeviceSettings(
            operation: operation ?? other.operation, location: location ?? other.location,
            destination: destination ?? other.destination, reason: reason ?? other.reason, quantity: quantity ?? other.quantity,
            payload: payload ?? other.payload, codes: codes?.filled(from: other.codes) ?? other.codes,
            bounce: bounce ?? other.bounce, tagWindow: tagWindow ?? other.tagWindow, feedback: feedback ?? other.feedback,
            gateway: gateway ?? other.gateway)
    }
}
