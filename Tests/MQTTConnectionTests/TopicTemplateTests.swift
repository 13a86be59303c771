import TallywirePipeline
import Testing

@testable import MQTTConnection

@Suite("A topic template")
struct TopicTemplateTests {
    private enum Place: String, CaseIterable { case shop, shelf }

    private func template(_ text: String) throws -> TopicTemplate<Place> { try TopicTemplate(text) }

    @Test("gives a topic where it has a value for each placeholder")
    func isFilled() throws {
        let template = try template("a/{shop}-{shelf}/{shop}")
        #expect(template.topic { $0.rawValue } == "a/shop-shelf/shop")
        #expect(template.topic { $0 == .shop ? "1" : nil } == nil)
        #expect(try self.template("a/b").topic { _ in nil } == "a/b")
    }

    @Test("becomes a filter, in which values stand where a placeholder is alone in its level")
    func filter() throws {
        let template = try template("a/{shop}/{shelf}/x{shop}/{shop}{shelf}/b")
        #expect(template.filter() == "a/+/+/+/+/b")
        #expect(template.filter { $0 == .shop ? "%u" : nil } == "a/%u/+/+/+/b")
        #expect(template.hasLevel(.shop) && template.has(.shelf) && template.hasLevelOfItsOwn)
        let bare = try self.template("{shop}-x//")
        #expect(!bare.hasLevel(.shop) && !bare.has(.shelf) && !bare.hasLevelOfItsOwn && bare.filter() == "+//")
    }

    @Test(
        "is refused with the reason",
        arguments: [
            ("", "a topic cannot be empty"), ("a/+/{shop}", "a topic to publish to cannot contain + or #"),
            ("a/{shop", "the topic has a { without a }"), ("shop}", "the topic has a } without a {"),
            ("a/{shops}", "the topic cannot have {shops}; these can stand there: {shop} {shelf}"),
            ("{{shop}}", "the topic cannot have {{shop}; these can stand there: {shop} {shelf}"),
        ])
    func refused(text: String, reason: String) throws {
        let mistake = try #require(throws: TemplateMistake.self) { try TopicTemplate<Place>(text) }
        #expect(mistake.description == reason)
    }

    @Test("calls mistakes in its braces what it is told to, and no others")
    func rule() throws {
        for text in ["{shops}", "{shop", "shop}", "{}"] {
            let mistake = try #require(throws: TemplateMistake.self) { try TopicTemplate<Place>(text, rule: "only {shop}") }
            #expect(mistake.description == "only {shop}")
        }
        let mistake = try #require(throws: TemplateMistake.self) { try TopicTemplate<Place>("#", rule: "only {shop}") }
        #expect(mistake.description == "a topic to publish to cannot contain + or #")
    }
}
