import TallywireConfiguration
import TallywirePipeline
import TallywireServer
import Testing

@Suite("Options that may hold a secret")
struct SecrecyTests {
    /// Parts of the names of options that hold a secret, and whole names of those that may.
    private static let words = ["password", "secret", "token", "credential"]
    private static let names: Set = ["headers", "environment", "command", "connection", "url", "broker", "servers"]

    private func options(_ schema: OptionSchema, _ path: String) -> [(path: String, option: OptionSchema.Option)] {
        schema.options.flatMap { option in
            let path = path.isEmpty ? option.key : "\(path).\(option.key)"
            return [(path, option)] + inner(option.kind, path)
        }
    }

    private func inner(_ kind: OptionKind, _ path: String) -> [(path: String, option: OptionSchema.Option)] {
        switch kind {
        case .object(let schema): options(schema, path)
        case .list(let kind, _), .map(let kind, _, _): inner(kind, path)
        case .oneOf(let kinds): kinds.flatMap { inner($0, path) }
        default: []
        }
    }

    @Test("each is hidden in what the server shows of its configuration")
    func hidden() {
        let registry = PluginRegistry.builtIn
        let all =
            registry.sources.flatMap { type in options(type.options, "").map { ("\(type.name): \($0.path)", $0.option) } }
            + registry.sinks.flatMap { type in options(type.options, "").map { ("\(type.name): \($0.path)", $0.option) } }
        let suspicious = all.filter { _, option in
            if case .object = option.kind { return false }
            return Self.names.contains(option.key) || Self.words.contains { option.key.lowercased().contains($0) }
        }
        #expect(suspicious.count >= 8)
        for (path, option) in suspicious {
            if case .none = option.secrecy { Issue.record("\(path) is shown") }
        }
    }
}
