import HTTPPort
import TallywireAccess
import TallywireCore
import TallywireRequests

/// A body that asks for one change, and of which a request may also bring many: as an array, or one a line.
protocol CommandBody: Decodable, Sendable {
    /// The change's id; `nil` if the server makes one.
    var id: String? { get }

    /// The change, with the id that it gets.
    func command(id: String?, of principal: Principal?, in api: InventoryAPI) throws(Problem) -> Command

    /// Writes the answer to a change that was applied.
    static func write(_ receipt: Receipt, to json: inout JSONWriter)
}

/// A body that is an array. Each element is a change, or its mistake.
struct BatchBody<Body: CommandBody>: Decodable {
    let elements: [Result<Body, Problem>]

    init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        var elements: [Result<Body, Problem>] = []
        elements.reserveCapacity(list.count ?? 0)
        while !list.isAtEnd { elements.append(try list.decode(Element.self).body) }
        self.elements = elements
    }

    /// One element. It never fails to decode, so that a wrong element does not affect the others.
    private struct Element: Decodable {
        let body: Result<Body, Problem>

        init(from decoder: any Decoder) throws {
            do {
                body = .success(try Body(from: decoder))
            } catch var error as BodyError {
                // The mistakes of an element are reported as if it were the whole body.
                let prefix = BodyError.describe(decoder.codingPath)
                if error.field.hasPrefix(prefix) {
                    error.field = String(error.field.dropFirst(prefix.count).trimmingPrefix("."))
                }
                body = .failure(error.problem)
            }
        }
    }
}
