/// The counts that have not ended: by number, by id, and the open one of each location.
public struct CountTable: Sendable {
    private(set) var all: [UInt64: StockCount] = [:]
    private var numbers: [String: UInt64] = [:]
    private var openNumbers: [String: UInt64] = [:]

    var count: Int { all.count }

    subscript(id: String) -> StockCount? { numbers[id].flatMap { all[$0] } }

    /// The table of these counts, which are open or closed.
    public init(_ counts: [StockCount] = []) {
        for count in counts { insert(count) }
    }

    /// The open count of a location.
    func open(at location: String) -> StockCount? {
        openNumbers.isEmpty ? nil : openNumbers[location].flatMap { all[$0] }
    }

    /// Adds a count, or replaces the one with the same number.
    mutating func insert(_ count: StockCount) {
        all[count.number] = count
        numbers[count.id] = count.number
        setOpen(count.number, of: count.location, count.status == .open)
    }

    mutating func remove(_ number: UInt64) {
        guard let count = all.removeValue(forKey: number) else { return }
        numbers[count.id] = nil
        setOpen(number, of: count.location, false)
    }

    private mutating func setOpen(_ number: UInt64, of location: String, _ isOpen: Bool) {
        if isOpen { openNumbers[location] = number } else if openNumbers[location] == number { openNumbers[location] = nil }
    }
}
