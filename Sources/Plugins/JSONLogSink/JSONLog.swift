import TallywireConfiguration
import TallywirePipeline

extension SinkType {
    /// `json-log`: every event as a line of JSON in a file.
    ///
    /// The file has each event that the entry wants exactly once, in order and as whole lines only, also after a crash or a full
    /// disk.
    public static let jsonLog = SinkType(
        "json-log", summary: "Writes each event as a line of JSON into a file, each exactly once and in order.",
        placements: [.each, .leader],
        schema: schema, options: JSONLogOptions.self, witnesses: { $0.witnesses() }, probe: { $0.problems($1) },
        make: { JSONLogSink($0) })

    private static let schema = OptionSchema(
        [
            .required(
                "path", .string(limit: 4_000), "The file, relative to the working directory. Its directory must exist.",
                isEndpoint: true),
            .optional("rotate", .object(rotation), default: [:], "When a new file begins, and how many old ones are kept."),
            .optional(
                "fsync", .oneOf([.choice(["batch", "never"]), .object(interval)]), default: "batch",
                """
                When lines are flushed to the disk: each batch before it counts as delivered, at an interval, or when the system \
                likes to. With the last two, a power cut may cost the newest lines; a crash of the server never does.
                """),
        ],
        example: """
            {
              "plugin": "json-log",
              "path": "data/events.jsonl",
              "rotate": { "size": "64MiB", "keep": 8 },
              "fsync": { "every": "1s" }
            }
            """)

    private static let rotation: OptionSchema = [
        .optional(
            "size", .size(.kibibytes(1) ... .gibibytes(1_024)), default: "64MiB",
            "A line that would make the file larger goes into a new file; PATH becomes PATH.1, that PATH.2, and so on."),
        .optional("keep", .integer(1...1_000), default: 8, "How many old files are kept."),
    ]

    private static let interval: OptionSchema = [
        .required("every", .duration(.milliseconds(10) ... .seconds(3_600)), "The longest time that a line waits.")
    ]
}
