import TallywireCore

/// Which types of events a connection gets, and for which audience each type is encoded.
///
/// A view combines all of a connection's rooms that have a name. So connections with the same view share the same bytes, however
/// many rooms they are in.
struct View: Hashable, Sendable {
    /// Six bits for each type. There can be 21 types in these two words: each connection has views, and each pass reads each
    /// connection's views.
    private var bits = UInt128.max
    private static let none: UInt128 = 0x3F
    /// The most different forms.
    static let mostForms = 60

    /// The view that gets nothing.
    static let nothing = View()

    private init() {}

    /// The view that gets these types in the form `form`.
    init(_ types: [EventType], form: Int) {
        precondition((0..<Self.mostForms).contains(form), "the configuration allows \(Self.mostForms) forms")
        for type in types { set(UInt128(form), at: type.index) }
    }

    var isNothing: Bool { self == .nothing }

    /// The form for a type; `nil` if this view does not get the type.
    func form(of type: EventType) -> Int? {
        let form = value(at: type.index)
        return form == Self.none ? nil : Int(form)
    }

    /// Adds what `other` gets. Where both get a type, the form that shows more applies, which is the one with the smaller number.
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
    /// The type's index in a ``View``.
    var index: Int { number - 1 }
}
