/// The values of what a client tracks from now on, which are read and sent in parts: none is held as a whole for one client.
struct TrackingValues {
    /// Items of one part. A product counts for ten, since it may have many variants.
    static let partSize = 200
    private static let productSize = 10

    /// What is still to be read, in order.
    var rest: [FollowedRoom]
    /// What is being read or sent.
    private(set) var part: [FollowedRoom] = []
    /// The values of the part once they are read, and which of them is next.
    var image: (FreshImage, from: Int)?
    /// How many messages they are the answer to.
    private(set) var answers: Int

    init(_ items: [FollowedRoom], answers: Int = 1) {
        rest = items
        self.answers = answers
    }

    /// Also answers other messages.
    mutating func merge(_ items: [FollowedRoom], answers: Int) {
        let known = Set(rest)
        rest += items.filter { !known.contains($0) }
        self.answers += answers
    }

    /// Goes on to the next part, which is read next.
    mutating func takePart() {
        var size = 0
        let count = rest.firstIndex { item in
            if size >= Self.partSize { return true }
            if case .product = item { size += Self.productSize } else { size += 1 }
            return false
        }
        part = Array(rest[..<(count ?? rest.endIndex)])
        rest.removeFirst(part.count)
        image = nil
    }

    /// Has the part that is being read or sent read once more.
    mutating func readAgain() {
        rest = part + rest
        part = []
        image = nil
    }
}
