import Foundation
import TallywirePipeline
import TallywireTesting
import TestSupport
import Testing

@testable import ExecPlugin

@Suite("What a program is given, and what of it is shown", .timeLimit(.minutes(1)))
struct ExecSecretTests {
    private static let marked = "MARKED-7f3a91c2"

    @Test("the program gets a few variables of the server, those of its entry, and the epoch and the sink's name")
    func environment() async throws {
        setenv("TALLYWIRE_TEST_SERVER_SECRET", Self.marked, 1)
        let programs = try ExecPrograms()
        let options = programs.shell("env > variables") { $0.environment = ["LANG": "xx", "API_KEY": Self.marked] }
        try await programs.run(EachSink(options)) { sink in _ = try await sink.deliver(batch(1...1)) }
        let variables = programs.lines("variables")
        #expect(
            Set(variables).isSuperset(of: ["LANG=xx", "API_KEY=\(Self.marked)", "TALLYWIRE_EPOCH=epoch-1", "TALLYWIRE_NAME=shop"]))
        let names = variables.compactMap { $0.split(separator: "=").first.map(String.init) }
        let known = Program.inherited + ["API_KEY", "TALLYWIRE_EPOCH", "TALLYWIRE_NAME", "PWD", "OLDPWD", "SHLVL", "_"]
        #expect(Set(names).isSubset(of: known), "\(names)")
    }

    @Test("a secret that the program prints, everywhere it can, is neither in the log nor in an error, nor in a dead letter")
    func printed() async throws {
        let programs = try ExecPrograms()
        func options(_ script: String) -> ExecOptions {
            programs.shell(script) {
                $0.environment = ["API_KEY": Self.marked]
                $0.grace = .milliseconds(100)
            }
        }
        var texts: [String] = []
        for script in [
            #"echo "$API_KEY" >&2; exit 1"#, #"echo "$API_KEY"; cat"#,
            #"echo '{"tallywire":1}'; echo "{\"log\":\"$API_KEY\"}"; exit 2"#,
            #"echo '{"tallywire":1}'; read -r l; echo "{\"reject\":1,\"reason\":\"$API_KEY\"}"; cat > /dev/null"#,
        ] {
            try await programs.run(StreamSink(options(script))) { sink in
                do {
                    texts += try await sink.deliver(batch(1...1)).rejected.map(\.reason)
                } catch { texts.append("\(error)") }
            }
        }
        for script in [#"echo "$API_KEY" >&2; exit 65"#, #"echo "$API_KEY" >&2; exit 1"#] {
            try await programs.run(EachSink(options(script))) { sink in
                do {
                    texts += try await sink.deliver(batch(1...1)).rejected.map(\.reason)
                } catch { texts.append("\(error)") }
            }
        }
        #expect(texts.count == 6 && !texts.contains { $0.contains(Self.marked) }, "\(texts)")
        #expect(texts.filter { $0.contains("[API_KEY]") }.count >= 5)
        let lines = programs.log.lines
        #expect(!lines.contains { $0.contains(Self.marked) } && lines.contains { $0.contains("[API_KEY]") })
    }
}
