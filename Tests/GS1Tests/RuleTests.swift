import GS1
import Testing

@Suite("Rules between elements")
struct RuleTests {
    @Test(
        "companions that are needed and there, and repeats that agree, are accepted",
        arguments: [
            "(01)09521234543213(10)A(11)260101(17)271231(21)B", "(00)106141411234567897(02)09521234543213(37)4",
            "(01)09521234543213(01)09521234543213", "(8006)095212345432130102(21)A", "(01)09521234543213(21)A(250)B",
            "(01)09521234543213(235)A", "(01)99521234543216(3103)000100(3922)199", "(00)106141411234567897(3303)000100",
            "(415)9521234567899(8020)REF(3902)1250", "(400)ORDER", "(01)09521234543213(422)276(427)BY",
            "(01)09521234543213(21)A(8030)SIG", "(253)9521234567899X(8030)SIG", "(8010)9521A(8011)1",
        ])
    func accepted(text: String) throws {
        #expect(try GS1Message(bracketed: text).bracketed == text)
    }

    @Test(
        "companions that are missing or excluded, and repeats that differ, are refused",
        arguments: [
            ("(10)A", "missing_companion", "10"), ("(21)A", "missing_companion", "21"),
            ("(02)09521234543213", "missing_companion", "02"),
            ("(02)09521234543213(37)4", "missing_companion", "37"), ("(37)4", "missing_companion", "37"),
            ("(01)09521234543213(37)4", "excluded_companion", "01"),
            ("(01)09521234543213(02)09521234543213(37)4", "excluded_companion", "01"),
            ("(01)09521234543213(3103)000100(3102)001000", "excluded_companion", "3103"),
            ("(01)09521234543213(3922)199", "missing_companion", "3922"), ("(01)09521234543213(250)A", "missing_companion", "250"),
            ("(01)09521234543213(21)A(235)B", "excluded_companion", "21"),
            ("(01)09521234543213(427)BY", "missing_companion", "427"),
            ("(01)09521234543213(8030)SIG", "missing_companion", "8030"), ("(253)9521234567899(8030)SIG", "unsignable_key", "253"),
            ("(8003)09521234567899(8030)SIG", "unsignable_key", "8003"), ("(400)A(400)B", "conflicting_repeat", "400"),
            ("(01)09521234543213(10)A(10)a", "conflicting_repeat", "10"), ("(415)9521234567899", "missing_companion", "415"),
        ])
    func refused(text: String, code: String, identifier: String) throws {
        let error = try #require(throws: GS1Error.self) { try GS1Message(bracketed: text) }
        #expect(error.reason.code == code)
        #expect(error.applicationIdentifier?.description == identifier)
        #expect(try text.utf8.dropFirst(#require(error.position)).starts(with: "(\(identifier))".utf8))
    }
}
