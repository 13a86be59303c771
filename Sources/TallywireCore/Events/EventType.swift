/// The types of event, by their names on the wire.
///
/// Each type belongs to one ``EventBody``, whose file says what its events have.
public enum EventType: String, Sendable, CaseIterable, Codable {
    case inventoryUpdated = "inventory_updated"
    case stockAlert = "stock_alert"
    case productStatusChanged = "product_status_changed"
    case catalogueChanged = "catalogue_changed"
    case deviceOffline = "device_offline"
    case deviceOnline = "device_online"
    case displayStale = "display_stale"
    case displayCurrent = "display_current"
    case serialRepeated = "serial_repeated"
    case alertAcknowledged = "alert_acknowledged"
    case scanSetAside = "scan_set_aside"

    /// The type's number: journals keep it, and views are ordered by it. It starts at 1 and never changes; a new type takes the next one.
    public var number: Int {
        switch self {
        case .inventoryUpdated: 1
        case .stockAlert: 2
        case .productStatusChanged: 3
        case .catalogueChanged: 4
        case .deviceOffline: 5
        case .deviceOnline: 6
        case .displayStale: 7
        case .displayCurrent: 8
        case .serialRepeated: 9
        case .alertAcknowledged: 10
        case .scanSetAside: 11
        }
    }

    /// `nil` for a number that no type has.
    public init?(number: Int) {
        guard let type = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = type
    }

    /// The role that is enough to see its events where rooms are not configured.
    public var leastRole: Role { Event.schemas.first { $0.types.contains(self) }?.leastRole ?? .admin }
}
