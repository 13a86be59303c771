import TallywireCore
import TallywirePipeline
import Testing

@testable import MQTTSink

@Suite("The topic of a rule")
struct EventTopicTests {
    private let values = EventValues(
        event: .inventoryUpdated, epoch: "e1", product: ProductID(1), variant: VariantID(11), sku: "TEE-RED-M", location: "WH1")

    @Test("is filled with an event's values")
    func isFilled() throws {
        #expect(try EventTopic("displays/{location}/{sku}").topic(values) == "displays/WH1/TEE-RED-M")
        #expect(try EventTopic("{epoch}/{event}/{product}-{variant}").topic(values) == "e1/inventory_updated/1-11")
        #expect(try EventTopic("all").topic(values) == "all")
    }

    @Test("gives no topic where a value is missing")
    func missing() throws {
        #expect(try EventTopic("displays/{location}").topic(EventValues(epoch: "e1", sku: "A")) == nil)
    }

    @Test(
        "is refused if it cannot be",
        arguments: [
            ("", "empty"), ("a/+", "+"), ("a/{sku", "{ without"), ("a/sku}", "} without"), ("a/{skw}", "cannot have {skw}"),
            ("a/{}", "cannot have {}"),
        ])
    func refused(text: String, problem: String) throws {
        let mistake = try #require(throws: (any Error).self) { try EventTopic(text) }
        #expect("\(mistake)".contains(problem), "\(mistake)")
    }
}
