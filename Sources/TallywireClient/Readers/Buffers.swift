extension TallywireClient {
    /// Keeps only the newest value.
    struct Newest<Element: Sendable>: ReaderBuffer {
        private var element: Element?

        mutating func put(_ element: Element) { self.element = .some(element) }

        mutating func take() -> Element? {
            defer { element = nil }
            return element
        }
    }

    /// Keeps the latest values and drops earlier ones.
    struct Latest<Element: Sendable>: ReaderBuffer {
        private static var limit: Int { 100 }
        private var elements: [Element] = []

        mutating func put(_ element: Element) {
            if elements.count == Self.limit { elements.removeFirst() }
            elements.append(element)
        }

        mutating func take() -> Element? { elements.isEmpty ? nil : elements.removeFirst() }
    }

    /// Keeps the changes since the last take, each item once.
    struct ChangeBuffer: ReaderBuffer {
        private var changes = ItemChanges()

        mutating func put(_ later: ItemChanges) { changes.merge(later) }

        mutating func take() -> ItemChanges? {
            if changes.isEmpty { return nil }
            defer { changes = ItemChanges() }
            return changes
        }
    }
}
