import TallywireConfiguration
import TallywirePipeline

extension SinkType {
    /// `exec`: every event to a program of the user's, on its standard input, which acknowledges each.
    public static let exec = SinkType(
        "exec", summary: "Writes each event to a program of yours, as a line of JSON, and waits for the acknowledgement.",
        schema: OptionSchema(
            ExecSchema.common(inFlight: "Events that the program may have without having acknowledged them.") + [
                .optional(
                    "mode", .choice(ExecOptions.Mode.allCases.map(\.rawValue)), default: "stream",
                    """
                    `stream`: one program for all events, which acknowledges them. `each`: a program for each event, whose exit status \
                    says what became of it: 0 delivered, 65 rejected, anything else tried again.
                    """)
            ],
            example: """
                {
                  "plugin": "exec",
                  "command": ["python3", "examples/exec/sink.py", "data/stock.db"],
                  "environment": { "API_KEY": "${file:/run/secrets/api-key}" },
                  "ackTimeout": "30s"
                }
                """),
        options: ExecOptions.self, probe: { options, _ in await options.problems() },
        make: { options -> any Sink in options.mode == .each ? EachSink(options) : StreamSink(options) })
}

extension SourceType {
    /// `exec`: movements that a program of the user's writes on its standard output, with a receipt for each.
    public static let exec = SourceType(
        "exec", summary: "Takes movements from a program of yours, a line of JSON each, and writes it the receipts.",
        schema: OptionSchema(
            ExecSchema.common(inFlight: "Movements that are decided at once."),
            example: """
                {
                  "plugin": "exec",
                  "command": ["python3", "examples/exec/source.py", "data/sold", "data/receipts"]
                }
                """),
        options: ExecOptions.self, probe: { options, _ in await options.problems() },
        make: { ExecSource($0) })
}

/// The options that sink and source have in common.
private enum ExecSchema {
    static func common(inFlight: String) -> [OptionSchema.Option] {
        [
            .required(
                "command", .list(.string(limit: 4_096, .argument), count: 1...256),
                "The program, found in PATH or at a path, and its arguments. There is no shell.", secrecy: .arguments),
            .optional(
                "environment", .map(.string(limit: 65_536, .argument), count: 0...100, key: .variable), default: [:],
                """
                Variables for the program, beside \(Program.inherited.joined(separator: ", ")) of the server. Secrets belong here: \
                neither logs nor `/api/pipeline` show them.
                """, secrecy: .whole),
            .optional("inFlight", .integer(1...100_000), default: 1_000, inFlight),
            .optional(
                "ackTimeout", .duration(.milliseconds(100) ... .seconds(3_600)), default: "30s",
                "A program that does not get on for so long, although it has to, is ended and started again."),
            .optional(
                "grace", .duration(.milliseconds(10) ... .seconds(300)), default: "5s",
                "How long the program may take to end after its standard input was closed, and again after SIGTERM."),
        ]
    }
}

extension TextRule {
    /// What a process can be given: any text without the character 0.
    /// The mistake does not show the text, which may be a secret.
    fileprivate static let argument = TextRule("any text without the character 0") { text in
        text.utf8.contains(0) ? "the text contains the character 0, which no program can be given" : nil
    }

    /// The name of an environment variable.
    fileprivate static let variable = TextRule(
        "the name of a variable (letters, digits and _, no digit first)", pattern: "^[A-Za-z_][A-Za-z0-9_]{0,127}$"
    ) { text in
        text.utf8.count <= 128 && text.first?.isNumber == false
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
