import HTTPPort
import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore

/// Signs what a journal holds. Safe from any thread.
public protocol Checkpoints: Sendable {
    /// What the signatures are checked with, in the format of signed notes.
    var verifierKey: String { get }

    /// A signed note of the hash of all events that are committed. Throws if an event cannot be read.
    func checkpoint() async throws -> String
}

/// `/api/checkpoint`
extension InventoryAPI {
    func getCheckpoint(_ request: Request, _ context: APIContext) async throws -> Response {
        text(try await signer(request).checkpoint())
    }

    func getCheckpointKey(_ request: Request, _ context: APIContext) async throws -> Response {
        text(try signer(request).verifierKey + "\n")
    }

    private func signer(_ request: Request) throws -> any Checkpoints {
        _ = try QueryReader(request, parameters: [])
        guard let checkpoints else {
            throw Problem(
                .notFound, code: "not_found", title: "Not found", detail: "this journal has no hashes, so nothing can be signed")
        }
        return checkpoints
    }

    private func text(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension OpenAPI {
    static let checkpointOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/checkpoint", id: "getCheckpoint", { $0.getCheckpoint }, tag: "operations",
            summary: "A signed note of what the journal holds.",
            description: """
                The format is C2SP signed-note with Ed25519: the lines `tallywire/EPOCH`, the last event, the hash of all events in base64, and \
                `chain EPOCH SEQ`, with which the chain of hashes began. `tallywire audit --checkpoint` compares a journal with it.
                """,
            answers: [note("The note.")], problems: ["not_found"]),
        Operation(
            method: "get", path: "/api/checkpoint/key", id: "getCheckpointKey", { $0.getCheckpointKey }, tag: "operations",
            summary: "The key with which checkpoints are verified.",
            description: "A verifier key of C2SP signed-note, `NAME+HASH+KEY`.",
            access: .anyone, answers: [note("The key.")], problems: ["not_found"]),
    ]

    private static func note(_ description: String) -> Operation.Answer {
        Operation.Answer(status: 200, description: description, content: [("text/plain", ["type": "string"])])
    }
}
