import Mosquitto
import TallywireCore
import TallywirePipeline
import Testing

@testable import MQTTSink

@Suite("Which retained topics are a sink's own")
struct DisplayScopeTests {
    private func rule(_ topic: String, _ payload: PublishRule.Payload = .display(.contract)) throws -> PublishRule {
        PublishRule(events: nil, topic: try EventTopic(topic), retain: true, quality: .atLeastOnce, payload: payload)
    }

    private func owns(_ topic: String, _ rules: PublishRule..., filter: EventFilter = EventFilter()) -> Bool {
        DisplayScope(rules: rules, statusTopic: "tallywire/status", filter: filter, epoch: "e1", locations: ["MAIN"]).owns(topic)
    }

    @Test("those that the template gives, and no others")
    func template() throws {
        let rule = try rule("displays/{location}/{sku}")
        #expect(owns("displays/MAIN/RED", rule) && owns("displays/GONE/RED", rule))
        for topic in ["displays/MAIN", "displays/MAIN/RED/x", "displays//RED", "displays/MAIN/", "other/MAIN/RED", ""] {
            #expect(!owns(topic, rule), "\(topic)")
        }
    }

    @Test("those whose location and SKU the conditions let in")
    func conditions() throws {
        let filter = EventFilter(locations: ["SHOP-*"], skus: ["A*"])
        let rule = try rule("displays/{location}/{sku}")
        #expect(owns("displays/SHOP-1/ABC", rule, filter: filter))
        #expect(!owns("displays/WH1/ABC", rule, filter: filter) && !owns("displays/SHOP-1/XYZ", rule, filter: filter))
        // Which SKU a variant had that is gone, nobody knows.
        let byVariant = try self.rule("displays/{location}/{variant}")
        #expect(owns("displays/MAIN/12", byVariant) && !owns("displays/MAIN/x", byVariant) && !owns("displays/MAIN/012", byVariant))
        #expect(!owns("displays/SHOP-1/12", byVariant, filter: filter))
    }

    @Test("of a template without a word of its own, those of places that there are")
    func bare() throws {
        let rule = try rule("{location}/{sku}")
        #expect(owns("MAIN/RED", rule))
        #expect(!owns("tallywire/status", rule) && !owns("scanners/dock-1", rule))
    }

    @Test("not what a rule for events publishes, nor what another epoch's server did")
    func others() throws {
        let displays = try rule("t/{location}/{sku}")
        let events = try rule("t/events/{event}", .event)
        #expect(!owns("t/events/stock_alert", displays, events) && owns("t/events/RED", displays, events))
        let byEpoch = try rule("{epoch}/{location}/{sku}")
        #expect(!owns("e2/MAIN/RED", byEpoch) && owns("e1/MAIN/RED", byEpoch))
    }

    @Test("where two places share a level, only if every reading is")
    func unclear() throws {
        let rule = try rule("d/{location}-{sku}")
        #expect(owns("d/MAIN-RED", rule, filter: EventFilter(locations: ["MAIN"])))
        #expect(!owns("d/MAIN-RED-M", rule, filter: EventFilter(locations: ["MAIN"])))
    }

    @Test("the filter gets what the template gives")
    func filters() throws {
        let template = try EventTopic("a/{location}/x-{sku}/{epoch}/b")
        #expect(template.filters(epoch: "e1") == ["a/+/+/e1/b"])
        #expect(template.filters(epoch: "e1", locations: ["L1", "L2"]) == ["a/L1/+/e1/b", "a/L2/+/e1/b"])
        #expect(try EventTopic("{location}-{sku}").filters(epoch: "e1", locations: ["L1"]) == ["+"])
    }
}
