/// A device went out of reach, or came back.
public struct DeviceChanged: Equatable, Sendable {
    /// The device's name at its source.
    public let device: String
    /// The source's name in plugins.json.
    public let source: String
    public let isOnline: Bool
    /// When something was last heard of it; `nil` if nothing ever was.
    public let lastSeen: Timestamp?
    /// How it is known, for people.
    public let reason: String

    public init(device: String, source: String, isOnline: Bool, lastSeen: Timestamp?, reason: String) {
        self.device = device
        self.source = source
        self.isOnline = isOnline
        self.lastSeen = lastSeen
        self.reason = reason
    }
}

/// A shelf display has not confirmed for too long what it has to show, or has at last.
public struct DisplayChanged: Equatable, Sendable {
    public let sku: String
    public let location: String
    /// The sink that publishes to the display.
    public let sink: String
    public let isStale: Bool
    /// The version that it has to show, and the last one that it confirmed; `nil` if it never did.
    public let wantedVersion: Int64
    public let shownVersion: Int64?

    public init(sku: String, location: String, sink: String, isStale: Bool, wantedVersion: Int64, shownVersion: Int64?) {
        self.sku = sku
        self.location = location
        self.sink = sink
        self.isStale = isStale
        self.wantedVersion = wantedVersion
        self.shownVersion = shownVersion
    }
}

/// A message of a device that was being handled when the server crashed, again and again, is not handled any more. Somebody has to look.
public struct ScanSetAside: Equatable, Sendable {
    /// The device that the message's topic names.
    public let device: String
    /// The source's name in plugins.json.
    public let source: String
    /// The topic, cut.
    public let topic: String
    /// The file that holds the message.
    public let file: String

    public init(device: String, source: String, topic: String, file: String) {
        self.device = device
        self.source = source
        self.topic = topic
        self.file = file
    }
}

/// The same serial number was counted in, or out, twice in a row. The movement was applied: somebody has to look.
public struct SerialRepeated: Equatable, Sendable {
    public let productID: ProductID
    public let variantID: VariantID
    public let isDefaultVariant: Bool
    public let sku: String
    public let serial: String
    /// What was done twice: ``Operation/add`` or ``Operation/subtract``.
    public let operation: Operation
    /// The `inventory_updated` that counted it before.
    public let previousSeq: UInt64
    public let source: String
    public let movementID: String

    public init(
        productID: ProductID, variantID: VariantID, isDefaultVariant: Bool, sku: String, serial: String, operation: Operation,
        previousSeq: UInt64, source: String, movementID: String
    ) {
        self.productID = productID
        self.variantID = variantID
        self.isDefaultVariant = isDefaultVariant
        self.sku = sku
        self.serial = serial
        self.operation = operation
        self.previousSeq = previousSeq
        self.source = source
        self.movementID = movementID
    }
}
