import DequeModule
import NIOCore

/// A connection that reads the journal by itself until it is where the others are: what it has still to do.
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
        case tracking([FollowedRoom], progress: Progress)
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
        case sending(StockImage, from: Int)
    }
}
