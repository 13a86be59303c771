import DequeModule
import NIOCore

/// A connection that reads the journal by itself until it is where the others are: what it has still to do.
///
/// It is bounded whatever the client asks for: a room has one stage at most, and what is to be tracked is in
/// ``mostTrackings`` stages at most, which together have no more ids than a connection may track twice.
struct CatchUp {
    /// Everything up to here was handled for the rooms that are covered.
    var position: UInt64
    var stages: Deque<Stage> = []
    /// Whether something is being read for the first stage, or for the next events.
    private(set) var isReading = false
    /// Whether it is going on right now, further up the stack: a write may make the channel writable at once.
    var isAdvancing = false
    /// The number of the reading that counts.
    private var reading = 0

    init(position: UInt64) {
        self.position = position
    }

    /// Begins to read; answers the number by which ``endReading(_:)`` knows it.
    mutating func beginReading() -> Int {
        isReading = true
        reading += 1
        return reading
    }

    /// Ends a reading; says whether it still counts.
    mutating func endReading(_ number: Int) -> Bool {
        guard isReading, number == reading else { return false }
        isReading = false
        return true
    }

    /// Drops the stages of a room, and with them what is being read.
    mutating func forgetStages(of room: Room) {
        stages.removeAll { stage in
            switch stage {
            case .replay(let name, _), .values(let name, _, _): name.room == room
            case .tracking: false
            }
        }
        isReading = false
    }

    /// What comes before events, in order.
    enum Stage {
        /// The missed events of a room, if they are still there.
        case replay(RoomName, since: UInt64)
        /// Values of a room: all, or those that changed after an event.
        case values(RoomName, since: UInt64?, progress: Progress)
        /// Values of what is tracked from now on.
        case tracking(TrackingValues)
    }

    /// A room as it was asked for; without one, the values are for those who are in no room.
    struct RoomName {
        let room: Room?
        let name: String?
    }

    /// How far the sending of values is.
    enum Progress {
        /// Nothing is read yet. `answersJoin` says whether `joined` is still to be sent.
        case waiting(answersJoin: Bool)
        case sending(FreshImage, from: Int)
    }

    // MARK: Tracking

    /// As many messages wait to be answered each by itself. The values for further ones come together.
    static let mostTrackings = 16

    /// Ids whose values are still to be read.
    var waitingIDs: Int { stages.reduce(0) { $0 + ($1.tracking?.rest.count ?? 0) } }

    /// Has the values of these items read, of which a connection may track `limit`, as the answer to so many messages.
    mutating func track(_ items: [FollowedRoom], limit: Int, answers: Int = 1) {
        let waiting = stages.lazy.filter { $0.tracking != nil }.count
        guard let last = stages.lastIndex(where: { $0.tracking != nil }),
            waiting >= Self.mostTrackings || waitingIDs + items.count > limit
        else { return stages.append(.tracking(TrackingValues(items, answers: answers))) }
        changeTracking(at: last) { $0.merge(items, answers: answers) }
    }

    /// Reads no values of items that are not tracked any more. The messages are answered all the same.
    mutating func untrack(_ items: Set<FollowedRoom>) {
        for index in stages.indices { changeTracking(at: index) { values in values.rest.removeAll { items.contains($0) } } }
    }

    private mutating func changeTracking(at index: Int, _ change: (inout TrackingValues) -> Void) {
        guard var values = stages[index].tracking else { return }
        change(&values)
        stages[index] = .tracking(values)
    }

    // MARK: Rights

    /// What followed rooms and tracked items show is another thing from now on: values that are half sent, or being read, are read again.
    mutating func readFollowedAgain() {
        for index in stages.indices {
            switch stages[index] {
            case .values(let name, let since, .sending):
                if case .followed? = name.room {
                    stages[index] = .values(name, since: since, progress: .waiting(answersJoin: false))
                }
            case .tracking: changeTracking(at: index) { $0.readAgain() }
            case .replay, .values: break
            }
        }
        isReading = false
    }
}

extension CatchUp.Stage {
    var tracking: TrackingValues? { if case .tracking(let values) = self { values } else { nil } }
}

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
