extension TallywireClient {
    /// Tells which request an error answers.
    ///
    /// Errors do not name what they answer, but the server takes messages one by one: so each request is followed by a ping, and an error
    /// that comes before that ping's pong is this request's.
    struct Requests: Sendable {
        enum Kind: Equatable, Sendable {
            case auth
            case join(room: String)
            case leave(room: String)
            case track(Followed)
            case untrack

            var room: String? {
                switch self {
                case .join(let room), .leave(let room): room
                case .auth, .track, .untrack: nil
                }
            }
        }

        private var open: [(id: Int64, kind: Kind)] = []
        private var count: Int64 = 0

        /// Gives the id of the ping that has to follow.
        mutating func add(_ kind: Kind) -> Int64 {
            count += 1
            open.append((count, kind))
            return count
        }

        mutating func pong(_ id: Int64) {
            // Those before it whose pong did not come were passed over, and said so.
            open.removeAll { $0.id <= id }
        }

        /// What an error of the server answers.
        var first: Kind? { open.first?.kind }
    }
}
