import TallywireProtocol

extension TallywireClient {
    /// Finds the request to which an error belongs.
    ///
    /// Errors do not name the message that caused them, but the server handles messages one by one. So each request is followed by
    /// a ping. An error that comes before that ping's pong belongs to this request.
    struct Requests: Sendable {
        enum Kind: Equatable, Sendable {
            case auth
            case join(room: String)
            case leave(room: String)
            case track(ClientMessage.Items)
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

        /// Adds a request. Returns the id of the ping that has to follow.
        mutating func add(_ kind: Kind) -> Int64 {
            count += 1
            open.append((count, kind))
            return count
        }

        mutating func pong(_ id: Int64) {
            // Earlier requests without a pong were refused, and the server has said so.
            open.removeAll { $0.id <= id }
        }

        /// The request to which an error of the server belongs.
        var first: Kind? { open.first?.kind }
    }
}
