import TallywirePipeline

/// What a delivery threw; `nil` if it threw nothing. Any error but an interruption becomes one with the reason `thrown: …`.
public func interruption(_ body: () async throws -> Delivery) async -> Interruption? {
    do {
        _ = try await body()
        return nil
    } catch SinkError.interrupted(let interruption) {
        return interruption
    } catch {
        return Interruption(reason: "thrown: \(error)")
    }
}
