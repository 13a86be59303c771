/// What is worked out once for each topic that scans come on: its device with its settings.
///
/// For one task. It forgets everything when it holds ``limit`` topics, since anybody may publish on any number of them.
struct DeviceCards {
    /// Of one topic.
    final class Card: Sendable {
        let device: String
        let settings: DeviceSettings
        let format: PayloadFormat
        /// What is wrong with the device's name, if anything is.
        let problem: MalformedScan?

        init(device: String, settings: DeviceSettings, problem: MalformedScan?) {
            self.device = device
            self.settings = settings
            self.problem = problem
            format = settings.payload ?? .automatic
        }
    }

    private static let limit = 10_000
    private var cards: [String: Card?] = [:]

    /// The card of a topic that was met before; `.some(nil)` for one that is none for scans.
    subscript(topic: String) -> Card?? {
        get { cards[topic] }
        set {
            if cards.count >= Self.limit { cards.removeAll(keepingCapacity: true) }
            cards[topic] = newValue
        }
    }
}
