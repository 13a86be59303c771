/// The body of `POST /api/movements` as an array: each movement, or what is wrong with it.
struct MovementBatchBody: Decodable {
    let movements: [Result<MovementBody, Problem>]

    init(from decoder: any Decoder) throws {
        var elements = try decoder.unkeyedContainer()
        var movements: [Result<MovementBody, Problem>] = []
        movements.reserveCapacity(elements.count ?? 0)
        while !elements.isAtEnd { movements.append(try elements.decode(Element.self).movement) }
        self.movements = movements
    }

    /// One element. It never fails to decode, so that a broken one does not take the others with it.
    private struct Element: Decodable {
        let movement: Result<MovementBody, Problem>

        init(from decoder: any Decoder) throws {
            do {
                movement = .success(try MovementBody(from: decoder))
            } catch var error as BodyError {
                // A movement's mistakes are told as if it stood alone.
                let prefix = BodyError.describe(decoder.codingPath)
                if error.field.hasPrefix(prefix) {
                    error.field = String(error.field.dropFirst(prefix.count).trimmingPrefix("."))
                }
                movement = .failure(error.problem)
            }
        }
    }
}
