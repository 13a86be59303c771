import HTTPPort
import TallywireCore

extension OpenAPI {
    static let clusterOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/cluster", id: "getCluster", { $0.getCluster }, tag: "operations",
            summary: "The nodes of the cluster: who leads, and how far each is.",
            description: """
                As the node sees it that answers. What it sees is out of date while `logSilenceSeconds` grows. `applied` and `head` are entries of the log, which are not events. `not_found` from a \
                server that is by itself. A node that is away keeps its place until `tallywire cluster remove` takes it out.
                """,
            answers: [.json(200, "The cluster.", "Cluster", headers: reading)], problems: ["not_found"])
    ]
}

extension JSONSchema {
    static let ofClusters: [(String, JSONValue)] = [
        (
            "Cluster",
            object([
                ("site", ["type": "string"]), ("node", ["type": "string"]), ("leader", ["type": ["string", "null"]]),
                ("term", count), ("head", count),
                (
                    "logSilenceSeconds",
                    [
                        "type": "number", "minimum": 0,
                        "description":
                            "How long ago etcd answered the node that answers; before its first answer, how long ago the node began.",
                    ]
                ), ("nodes", list(of: reference("ClusterNode"))),
            ])
        ),
        (
            "ClusterNode",
            object([
                ("node", ["type": "string"]), ("address", ["type": "string"]), ("role", words(["leader", "follower"])),
                ("version", ["type": "string"]), ("applied", count), ("lagSeconds", ["type": "number", "minimum": 0]),
                ("seenAt", ["type": ["string", "null"], "format": "date-time"]),
            ])
        ),
    ]
}
