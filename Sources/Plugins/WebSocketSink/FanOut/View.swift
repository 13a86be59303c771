import TallywireCore

/// In which form a connection gets each type of event, or that it does not get it.
///
/// It is all that rooms with a name come to, so connections with the same view share the same bytes, however many rooms they are in.
struct View: Hashable, Sendable {
    private var forms = SIMD16<UInt8>(repeating: Self.none)
    private static let none = UInt8.max

    /// Gets nothing.
    static let nothing = View()

    private init() {}

    /// Gets these types in the form `form`.
    init(_ types: [EventType], form: Int) {
        for type in types { forms[type.index] = UInt8(form) }
    }

    var isNothing: Bool { self == .nothing }

    /// The form for a type, `nil` if it is not got.
    func form(of type: EventType) -> Int? {
        let form = forms[type.index]
        return form == Self.none ? nil : Int(form)
    }

    /// Also what `other` gets. Of two forms the one that shows more holds, which is the one with the smaller number.
    mutating func merge(_ other: View) {
        forms = pointwiseMin(forms, other.forms)
    }

    func merging(_ other: View) -> View {
        var view = self
        view.merge(other)
        return view
    }
}

extension EventType {
    /// Its place in a ``View``.
    var index: Int {
        switch self {
        case .inventoryUpdated: 0
        case .stockAlert: 1
        case .productStatusChanged: 2
        case .catalogueChanged: 3
        case .deviceOffline: 4
        case .deviceOnline: 5
        case .displayStale: 6
        case .displayCurrent: 7
        case .serialRepeated: 8
        }
    }
}
