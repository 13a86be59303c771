import TallywireCore

/// Which types of events a connection gets, and for which audience each type is encoded.
///
/// A view combines all of a connection's rooms that have a name. So connections with the same view share the same bytes, however
/// many rooms they are in.
struct View: Hashable, Sendable {
    /// The number of the form for each type, ``none`` for a type that the view does not get. There can be 32 types.
    private var forms = SIMD32<UInt8>(repeating: View.none)
    private static let none = UInt8.max
    /// The most different forms.
    static let mostForms = 60
    /// The most types. A test compares it with the number of types that there are.
    static let mostTypes = SIMD32<UInt8>.scalarCount

    /// The view that gets nothing.
    static let nothing = View()

    private init() {}

    /// The view that gets these types in the form `form`.
    init(_ types: [EventType], form: Int) {
        precondition((0..<Self.mostForms).contains(form), "the configuration allows \(Self.mostForms) forms")
        for type in types { forms[type.index] = UInt8(form) }
    }

    var isNothing: Bool { self == .nothing }

    /// The form for a type; `nil` if this view does not get the type.
    func form(of type: EventType) -> Int? {
        let form = forms[type.index]
        return form == Self.none ? nil : Int(form)
    }

    /// Adds what `other` gets. Where both get a type, the form that shows more applies, which is the one with the smaller number.
    mutating func merge(_ other: View) { forms = pointwiseMin(forms, other.forms) }

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
