import TallywirePipeline

/// Which retained topics a sink may delete: those that it alone would publish to.
struct DisplayScope: Sendable {
    let rules: [PublishRule]
    let statusTopic: String
    let filter: EventFilter
    let epoch: String
    /// All locations of the journal.
    let locations: Set<String>

    /// Whether `topic` is that of a display which this sink would publish. When two readings of a topic are possible, both have to be.
    func owns(_ topic: String) -> Bool {
        guard topic != statusTopic else { return false }
        var isDisplay = false
        for rule in rules {
            let readings = rule.topic.values(in: topic, epoch: epoch)
            guard !readings.isEmpty else { continue }
            // What an event's rule could have published is not touched, whatever it looks like.
            guard rule.display != nil else { return false }
            isDisplay = rule.retain && readings.allSatisfy { owns($0, rule) } || isDisplay
        }
        return isDisplay
    }

    private func owns(_ values: TopicValues, _ rule: PublishRule) -> Bool {
        guard let location = values.location else { return false }
        // A template of places alone matches topics of other programs: then the place has to be one of ours.
        guard rule.topic.hasLevelOfItsOwn || locations.contains(location) else { return false }
        // Without a SKU in the topic nobody can say whether a condition on SKUs holds.
        guard let sku = values.sku else { return filter.skus.isEmpty && filter.wants(sku: "", at: location) }
        return filter.wants(sku: sku, at: location)
    }
}
