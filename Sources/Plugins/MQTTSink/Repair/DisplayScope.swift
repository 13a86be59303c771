import MQTTConnection
import TallywirePipeline

/// Decides which retained topics a sink may delete: those to which only this sink would publish.
struct DisplayScope: Sendable {
    let rules: [PublishRule]
    let statusTopic: String
    let filter: EventFilter
    let epoch: String
    /// The codes of all locations that the journal has or had.
    let locations: Set<String>

    /// Whether `topic` is the topic of a display that this sink would publish. If a topic can be read in several ways, all of them
    /// have to be.
    func owns(_ topic: String) -> Bool {
        guard topic != statusTopic else { return false }
        var isDisplay = false
        for rule in rules {
            let readings = rule.topic.values(in: topic, epoch: epoch)
            guard !readings.isEmpty else { continue }
            // A topic to which a rule of events could have published is never deleted.
            guard rule.display != nil else { return false }
            isDisplay = rule.retain && readings.allSatisfy { owns($0, rule) } || isDisplay
        }
        return isDisplay
    }

    private func owns(_ values: EventValues, _ rule: PublishRule) -> Bool {
        guard let location = values.location else { return false }
        // A template with no level of plain text matches topics of other programs. The location then has to be one of the
        // journal's.
        guard rule.topic.template.hasLevelOfItsOwn || locations.contains(location) else { return false }
        // Without a SKU in the topic nobody can say whether a condition on SKUs holds.
        guard let sku = values.sku else { return filter.skus.isEmpty && filter.wants(sku: "", at: location) }
        return filter.wants(sku: sku, at: location)
    }
}
