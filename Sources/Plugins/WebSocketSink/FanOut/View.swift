import TallywireCore

/// In which form a connection gets each type of event, or that it does not get it.
///
/// It is all that rooms with a name come to, so connections with the same view share the same bytes, however many rooms they are in.
struct View: Hashable, Sendable {
    /// Six bits for each type, of which there can be 21, in two words: each connection has views, and each pass touches each connection.
    private var bits = UInt128.max
    private static let none: UInt128 = 0x3F
    /// The most forms that there can be.
    static let mostForms = 60

    /// Gets nothing.
    static let nothing = View()

    private init() {}

    /// Gets these types in the form `form`.
    init(_ types: [EventType], form: Int) {
        precondition((0..<Self.mostForms).contains(form), "the configuration allows \(Self.mostForms) forms")
        for type in types { set(UInt128(form), at: type.index) }
    }

    var isNothing: Bool { self == .nothing }

    /// The form for a type, `nil` if it is not got.
    func form(of type: EventType) -> Int? {
        let form = value(at: type.index)
        return form == Self.none ? nil : Int(form)
    }

    /// Also what `other` gets. Of two forms the one that shows more holds, which is the one with the smaller number.
    mutating func merge(_ other: View) {
        for type in EventType.allCases { set(min(value(at: type.index), other.value(at: type.index)), at: type.index) }
    }

    private func value(at index: Int) -> UInt128 { bits >> UInt128(index * 6) & Self.none }

    private mutating func set(_ form: UInt128, at index: Int) {
        bits = bits & ~(Self.none << UInt128(index * 6)) | form << UInt128(index * 6)
    }

    func merging(_ other: View) -> View {
        var view = self
        view.merge(other)
        return view
    }
}

extension EventType {
    /// Where its form stands in a ``View``.
    var index: Int { number - 1 }
}
