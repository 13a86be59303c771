import PostgreSQL
import TallywireConfiguration
import TallywirePipeline

extension SinkType {
    /// `postgres`: events, stock and position in the tables of a PostgreSQL database, each event exactly once.
    public static let postgres = SinkType(
        "postgres", summary: "Keeps events and stock in tables of a PostgreSQL database, each event exactly once and in order.",
        schema: schema, options: PostgresOptions.self, tables: { PostgresTables(schema: $0).definition },
        probe: { await $0.problems($1) },
        make: { PostgresSink($0) })

    private static let schema = OptionSchema(
        [
            .required(
                "connection", .string(limit: 4_096, .connection),
                """
                The database: postgresql://user@host/database, or keywords such as host=db.example dbname=shop user=tallywire \
                sslmode=verify-full. A password is better a file: ${file:/run/secrets/postgres}.
                """, secrecy: .whole),
            .optional(
                "schema", .string(limit: 63, .schemaName), default: "public",
                "The schema of the tables. Each sink has a schema of its own."),
            .optional(
                "timeout", .duration(.seconds(1) ... .seconds(600)), default: "30s",
                "How long connecting, and each statement, may take."),
        ],
        example: """
            {
              "plugin": "postgres",
              "connection": "host=db.example.com dbname=shop user=tallywire sslmode=verify-full passfile=/run/secrets/pgpass",
              "schema": "tallywire"
            }
            """)
}

extension TextRule {
    /// Connection parameters. The mistake does not show them.
    static let connection = TextRule("connection parameters of PostgreSQL") { text in PostgresConnection.mistake(in: text) }

    /// The name of a schema: any identifier, in the spelling that the database has.
    static let schemaName = TextRule("the name of a schema (1 to 63 bytes, no control characters)") { text in
        (1...63).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}
