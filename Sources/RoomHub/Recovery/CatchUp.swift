import DequeModule
import NIOCore
import TallywireCore

/// What a connection still has to read from the journal until it reaches the position of the passes.
///
/// The size is limited whatever the client asks for. A room has at most one stage. Items to be tracked are in at most
/// ``mostTrackings`` stages, which together have at most twice as many ids as a connection may track.
struct CatchUp {
    /// Every event up to this one was handled for the rooms that are covered.
    var position: UInt64
    var stages: Deque<Stage> = []
    /// Whether a read is under way, for the first stage or for the next events.
    private(set) var isReading = false
    /// The number of the read that counts.
    private var reading = 0

    init(position: UInt64) {
        self.position = position
    }

    /// Begins a read. Returns the number that has to be passed to ``endReading(_:)``.
    mutating func beginReading() -> Int {
        isReading = true
        reading += 1
        return reading
    }

    /// Ends a read. Returns whether that read still counts.
    mutating func endReading(_ number: Int) -> Bool {
        guard isReading, number == reading else { return false }
        isReading = false
        return true
    }

    /// Lets the read that is under way not count.
    mutating func forgetRead() { isReading = false }

    /// Drops the stages of a room, and the read that is under way for them or for the next events.
    mutating func forgetStages(of room: Room) {
        if stages.isEmpty || stages.first?.room == room { isReading = false }
        stages.removeAll { $0.room == room }
    }

    /// What is sent before events, in order.
    enum Stage {
        /// The client has this event from another node, and joins the room once it is here.
        case awaiting(UInt64, RoomName, since: JournalPosition?, snapshot: Bool)
        /// The missed events of a room, if the journal still has them.
        case replay(RoomName, since: UInt64)
        /// Values of a room: all, or those that changed after an event.
        case values(RoomName, since: UInt64?, progress: Progress)
        /// The values of items that are tracked from now on.
        case tracking(TrackingValues)
    }

    /// A room with its name. Without a room, the values are for a connection that is in no room.
    struct RoomName {
        let room: Room?
        let name: String?
    }

    /// How far the values are sent.
    enum Progress {
        /// Nothing is read yet. `answersJoin` says whether `joined` still has to be sent.
        case waiting(answersJoin: Bool)
        case sending(FreshImage, from: Int)
    }

    /// The last event that has to be here before the client gets anything; `nil` if none has.
    var awaited: UInt64? {
        stages.compactMap { stage in if case .awaiting(let seq, _, _, _) = stage { seq } else { nil } }.max()
    }

    // MARK: Tracking

    /// How many `track` messages may wait for values of their own. Further ones share a stage with the last of them.
    static let mostTrackings = 16

    /// How many ids still have to be read.
    var waitingIDs: Int { stages.reduce(0) { $0 + ($1.tracking?.rest.count ?? 0) } }

    /// Queues the values of these items. A connection may track `limit` items. `answers` is how many messages the values answer.
    mutating func track(_ items: [FollowedRoom], limit: Int, answers: Int = 1) {
        let waiting = stages.lazy.filter { $0.tracking != nil }.count
        guard let last = stages.lastIndex(where: { $0.tracking != nil }),
            waiting >= Self.mostTrackings || waitingIDs + items.count > limit
        else { return stages.append(.tracking(TrackingValues(items, answers: answers))) }
        changeTracking(at: last) { $0.merge(items, answers: answers) }
    }

    /// Drops items that are not tracked any more. The messages are answered all the same.
    mutating func untrack(_ items: Set<FollowedRoom>) {
        for index in stages.indices { changeTracking(at: index) { values in values.rest.removeAll { items.contains($0) } } }
    }

    private mutating func changeTracking(at index: Int, _ change: (inout TrackingValues) -> Void) {
        guard var values = stages[index].tracking else { return }
        change(&values)
        stages[index] = .tracking(values)
    }

    // MARK: Rights

    /// The audience of tracked items and of these rooms has changed: values that are being sent or read are read again.
    mutating func readAgain(_ isChanged: (Room?) -> Bool) {
        for index in stages.indices {
            switch stages[index] {
            case .values(let name, let since, .sending) where isChanged(name.room):
                stages[index] = .values(name, since: since, progress: .waiting(answersJoin: false))
            case .tracking: changeTracking(at: index) { $0.readAgain() }
            case .awaiting, .replay, .values: break
            }
        }
        isReading = false
    }
}

extension CatchUp.Stage {
    fileprivate var room: Room? {
        switch self {
        case .awaiting(_, let name, _, _), .replay(let name, _), .values(let name, _, _): name.room
        case .tracking: nil
        }
    }

    var tracking: TrackingValues? { if case .tracking(let values) = self { values } else { nil } }
}

/// The values of the items that a client tracks from now on. They are read and sent in parts, never held as a whole for a client.
struct TrackingValues {
    /// The size of one part in items. A product counts as ten, since it may have many variants.
    static let partSize = 200
    private static let productSize = 10

    /// The items that still have to be read, in order.
    var rest: [FollowedRoom]
    /// The items that are being read or sent.
    private(set) var part: [FollowedRoom] = []
    /// The values of the part once they are read, and the index of the next one.
    var image: (FreshImage, from: Int)?
    /// How many messages the values answer.
    private(set) var answers: Int

    init(_ items: [FollowedRoom], answers: Int = 1) {
        rest = items
        self.answers = answers
    }

    /// Adds items, and the messages that their values answer.
    mutating func merge(_ items: [FollowedRoom], answers: Int) {
        let known = Set(rest)
        rest += items.filter { !known.contains($0) }
        self.answers += answers
    }

    /// Moves to the next part, which is read next.
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

    /// Has the current part read again.
    mutating func readAgain() {
        rest = part + rest
        part = []
        image = nil
    }
}
