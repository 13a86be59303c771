import PipelineHost
import TallywireAccess
import TallywireCore
import TallywirePipeline

extension JSONSchema {
    /// What operations are answered.
    static let ofOperations: [(String, JSONValue)] = [
        (
            "SessionState",
            object([
                ("mode", words(["open", "jwt"])), ("required", flag), ("passwords", flag), ("user", optionalText),
                ("role", ["type": ["string", "null"], "enum": .array(Role.allCases.map { .string($0.rawValue) } + [.null])]),
                ("expiresAt", ["type": ["string", "null"], "format": "date-time"]), ("renewable", flag),
            ])
        ),
        (
            "SignIn",
            object([
                ("user", text(200)), ("password", ["type": "string", "minLength": 1, "maxLength": 1_024, "format": "password"]),
            ])
        ),
        (
            "Session",
            object([
                ("token", ["type": "string"]), ("expiresAt", timestamp), ("role", words(Role.allCases.map(\.rawValue))),
                ("user", ["type": "string"]),
            ])
        ),
        ("Liveness", object([("status", words(["live"])), ("version", ["type": "string"])])),
        (
            "Readiness",
            object(
                [
                    ("status", words(["ready"])), ("version", ["type": "string"]), ("epoch", ["type": "string"]), ("seq", count),
                    ("warnings", list(of: ["type": "string"])),
                ], optional: ["warnings"])
        ),
        (
            "Engine",
            object(
                counters(["inbox", "inboxCapacity", "applied", "rejected", "duplicates", "overloaded", "commits", "failedCommits"])
                    + [("lastError", optionalText)])
        ),
        (
            "Source",
            object(
                [("name", ["type": "string"]), ("plugin", ["type": "string"]), ("state", ["type": "string"])]
                    + counters(["received", "applied", "duplicates", "rejected", "malformed", "ignored"])
                    + [("lastError", optionalText), ("peer", optionalText)])
        ),
        (
            "Sink",
            object(
                [
                    ("name", ["type": "string"]), ("plugin", ["type": "string"]), ("mode", words(["durable", "live"])),
                    ("state", words(["starting", "running", "retrying", "disabled", "draining", "stopped", "standby"])),
                    ("lagSeconds", ["type": "number", "minimum": 0]),
                ]
                    + counters([
                        "position", "lagEvents", "offered", "delivered", "filtered", "merged", "dropped", "pending", "retried",
                    ])
                    + [
                        ("lastError", optionalText), ("lastErrorAt", ["type": ["string", "null"], "format": "date-time"]),
                        ("replay", reference("Replay")),
                    ], optional: ["replay"])
        ),
        ("RunningConfiguration", object([("revision", seq), ("configuration", ["type": "object"])])),
        (
            "Reload",
            object(
                ["applied", "started", "stopped", "restarted"].map { ($0, list(of: ["type": "string"])) } + [
                    ("restartNeeded", list(of: object([("path", ["type": "string"]), ("reason", ["type": "string"])]))),
                    ("revision", seq),
                ])
        ),
        (
            "ReplayRequest",
            object(
                [("from", seq), ("deadLetters", flag + ["default": false]), ("to", seq), ("dryRun", flag + ["default": false])],
                optional: ["from", "deadLetters", "to", "dryRun"])
        ),
        (
            "Replay",
            object(
                [
                    ("state", words(Replay.State.allCases.map(\.rawValue))), ("deadLetters", flag), ("from", seq), ("to", seq),
                    ("position", ["type": ["integer", "null"], "minimum": 1]),
                ] + counters(["events", "delivered", "filtered", "refused"]) + [
                    ("startedAt", timestamp), ("endedAt", ["type": ["string", "null"], "format": "date-time"]),
                    ("lastError", optionalText),
                ], optional: ["from", "to"])
        ),
        (
            "Pipeline",
            object(
                [
                    ("epoch", ["type": "string"]),
                    ("previous", object([("epoch", ["type": "string"]), ("seq", count)])),
                    ("seq", count), ("engine", reference("Engine")),
                    ("sources", list(of: reference("Source"))), ("sinks", list(of: reference("Sink"))),
                ], optional: ["previous"])
        ),
        (
            "Deliveries",
            object([
                (
                    "items",
                    list(
                        of: object([
                            ("seq", count), ("events", ["type": "integer", "minimum": 1]), ("at", timestamp),
                            (
                                "status",
                                ["anyOf": [["type": "integer", "minimum": 100, "maximum": 599], words(["delivered", "failed"])]]
                            ), ("milliseconds", ["type": "integer", "minimum": 0]),
                            ("attempt", ["type": "integer", "minimum": 1]), ("error", optionalText),
                        ]))
                )
            ])
        ),
    ]

    private static let seq: JSONValue = ["type": "integer", "minimum": 1]

    private static func counters(_ names: [String]) -> [(String, JSONValue)] {
        names.map { ($0, ["type": "integer", "minimum": 0]) }
    }
}
