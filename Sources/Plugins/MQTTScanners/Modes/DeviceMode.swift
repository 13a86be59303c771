import TallywireCore

/// What a device's next scans mean, as the control codes that it scanned say.
struct DeviceMode: Equatable, Sendable, Codable {
    var location: String?
    var operation: Operation?
    /// The location to which a transfer goes.
    var destination: String?
    /// The id of the reservation whose units are captured.
    var reservation: String?

    private enum CodingKeys: String, CodingKey {
        case location, operation, reservation
        case destination = "to"
    }

    var isEmpty: Bool { self == DeviceMode() }

    /// Takes a control code. A code that says what is done takes the place of the one before: an operation, a destination (which means a
    /// transfer) or a reservation (which means captures).
    mutating func take(_ code: ControlCode) {
        switch code {
        case .undo: break
        case .end: self = DeviceMode()
        case .location(let code): location = code
        case .operation(let operation):
            self = DeviceMode(
                location: location, operation: operation, destination: operation.hasDestination ? destination : nil)
        case .destination(let code): self = DeviceMode(location: location, operation: .transfer, destination: code)
        case .reservation(let id): self = DeviceMode(location: location, operation: .capture, reservation: id)
        }
    }

    /// The settings of a device in this mode.
    func applied(to settings: DeviceSettings) -> DeviceSettings {
        isEmpty
            ? settings : DeviceSettings(operation: operation, location: location, destination: destination).filled(from: settings)
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("location", location)
            json.member("operation", operation?.rawValue)
            json.member("to", destination)
            json.member("reservation", reservation)
        }
    }

    /// The mode in few words, for a scanner's display.
    var words: String {
        [operation?.rawValue, location, destination.map { "→ \($0)" }, reservation].compactMap(\.self).joined(separator: " ")
    }
}

/// How long a mode lasts.
struct ModeOptions: Equatable, Sendable, Decodable {
    /// The time without scans after which a mode ends.
    var idle: Duration?

    func filled(from other: ModeOptions?) -> ModeOptions { ModeOptions(idle: idle ?? other?.idle) }
}
