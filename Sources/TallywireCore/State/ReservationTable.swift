import HeapModule

/// The open reservations, with the indexes that the state needs: by id, by variant, and by the end of their time.
///
/// The last two may have entries of reservations that have changed or ended since. Readers pass over such entries, and they are
/// removed when they are more than the others. So the end of one reservation moves no entry of another.
public struct ReservationTable: Sendable {
    private(set) var all: [UInt64: Reservation] = [:]
    private var numbers: [String: UInt64] = [:]
    private var holders: [VariantID: Holders] = [:]
    private var deadlines = Heap<Deadline>()

    /// The reservations that name a variant.
    private struct Holders: Sendable {
        /// Ascending.
        var numbers: [UInt64] = []
        var ended = 0
    }

    /// When a reservation's time is over. Of two with the same time the older one comes first.
    private struct Deadline: Comparable, Sendable {
        let time: Timestamp
        let number: UInt64

        static func < (a: Self, b: Self) -> Bool { (a.time, a.number) < (b.time, b.number) }
    }

    var count: Int { all.count }

    subscript(id: String) -> Reservation? { numbers[id].flatMap { all[$0] } }

    /// The table of these open reservations, which are in the order of their numbers.
    public init(_ reservations: [Reservation] = []) {
        all.reserveCapacity(reservations.count)
        numbers.reserveCapacity(reservations.count)
        for reservation in reservations {
            all[reservation.number] = reservation
            numbers[reservation.id] = reservation.number
            for variant in reservation.variants { holders[variant, default: Holders()].numbers.append(reservation.number) }
        }
        deadlines = Heap(reservations.map { Deadline(time: $0.expiresAt, number: $0.number) })
    }

    /// Adds a reservation, or replaces the one with the same number. The variants that a reservation names never change.
    mutating func insert(_ reservation: Reservation) {
        let number = reservation.number
        let old = all.updateValue(reservation, forKey: number)
        if old?.expiresAt != reservation.expiresAt {
            if deadlines.count > 2 * all.count + 64 { deadlines = Heap(deadlines.unordered.filter { isCurrent($0) }) }
            deadlines.insert(Deadline(time: reservation.expiresAt, number: number))
        }
        guard old == nil else { return }
        numbers[reservation.id] = number
        for variant in reservation.variants { Self.add(number, to: &holders[variant, default: Holders()]) }
    }

    private static func add(_ number: UInt64, to holders: inout Holders) {
        // Almost always the youngest one is added. An older one comes back when its end is undone.
        let index = holders.numbers.firstIndex(from: number)
        if index < holders.numbers.endIndex, holders.numbers[index] == number {
            holders.ended -= 1
        } else {
            holders.numbers.insert(number, at: index)
        }
    }

    mutating func remove(_ number: UInt64) {
        guard let reservation = all.removeValue(forKey: number) else { return }
        numbers[reservation.id] = nil
        for variant in reservation.variants {
            guard let index = holders.index(forKey: variant) else { continue }
            holders.values[index].ended += 1
            guard 2 * holders.values[index].ended > holders.values[index].numbers.count else { continue }
            let open = holders.values[index].numbers.filter { all[$0] != nil }
            if open.isEmpty { holders.remove(at: index) } else { holders.values[index] = Holders(numbers: open) }
        }
    }

    /// Takes back that a reservation was made. Nothing of it stays, since another one can get its number.
    mutating func forget(_ reservation: Reservation) {
        let wasOpen = all.removeValue(forKey: reservation.number) != nil
        if wasOpen { numbers[reservation.id] = nil }
        for variant in reservation.variants {
            guard let index = holders.index(forKey: variant) else { continue }
            let position = holders.values[index].numbers.firstIndex(from: reservation.number)
            guard position < holders.values[index].numbers.endIndex, holders.values[index].numbers[position] == reservation.number
            else { continue }
            holders.values[index].numbers.remove(at: position)
            if !wasOpen { holders.values[index].ended -= 1 }
            if holders.values[index].numbers.isEmpty { holders.remove(at: index) }
        }
    }

    /// The open reservations that name `variant`, the youngest first.
    func holders(of variant: VariantID) -> some Sequence<Reservation> {
        (holders[variant]?.numbers ?? []).reversed().lazy.compactMap { all[$0] }
    }

    /// The reservation whose time ends first; `nil` if none is open.
    mutating func first() -> Reservation? {
        while let first = deadlines.min {
            if isCurrent(first) { return all[first.number] }
            deadlines.removeMin()
        }
        return nil
    }

    private func isCurrent(_ deadline: Deadline) -> Bool { all[deadline.number]?.expiresAt == deadline.time }
}

extension Reservation {
    /// The variants that the reservation names, each once.
    fileprivate var variants: [VariantID] { holds.count == 1 ? [holds[0].variant] : Array(Set(holds.lazy.map(\.variant))) }
}

extension [UInt64] {
    /// The first index with a number of at least `number`, in an ascending array.
    fileprivate func firstIndex(from number: UInt64) -> Int {
        guard let last, last >= number else { return endIndex }
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] >= number { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
