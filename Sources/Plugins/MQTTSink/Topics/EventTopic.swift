import MQTTConnection
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The topic of a rule: a template for the values of an event or a display, such as `displays/{location}/{sku}`.
struct EventTopic: Equatable, Sendable {
    let template: TopicTemplate<EventPlace>

    init(_ text: String) throws(TemplateMistake) { template = try TopicTemplate(text) }

    /// The topic with these values; `nil` if a value that the template needs is missing. No value can add a level: neither SKUs nor
    /// location codes may contain `/`, `+` or `#`.
    func topic(_ values: EventValues) -> String? { template.topic { values[$0] } }

    /// Filters that match every topic that the template can give, and as few others as filters allow. With `locations`, only topics
    /// of these locations, if the location is a level of its own.
    func filters(epoch: String, locations: [String]? = nil) -> [String] {
        func filter(_ location: String?) -> String {
            template.filter { $0 == .epoch ? epoch : $0 == .location ? location : nil }
        }
        guard let locations, template.hasLevel(.location) else { return [filter(nil)] }
        return locations.map { filter($0) }
    }
}

extension EventValues {
    /// The values of the display of a balance.
    init(_ record: StockRecord, epoch: String) {
        self.init(
            epoch: epoch, product: record.product, variant: record.variant, sku: record.sku, location: record.balance.location)
    }

    /// The values of a variant's display at `location`.
    init(_ variant: Variant, at location: String, epoch: String) {
        self.init(epoch: epoch, product: variant.productID, variant: variant.id, sku: variant.sku, location: location)
    }
}
