import Foundation
import HTTPPort
import TallywireCore
import TallywireEngine

/// A position in a list as clients see it: an opaque text that they give back unread.
///
/// A cursor names its list, so that it is not taken for a cursor of another list.
struct Cursor: Equatable {
    let list: String
    let position: String

    init(list: String, position: String) {
        self.list = list
        self.position = position
    }

    init(list: String, position: StockQuery.Position) {
        self.init(list: list, position: "\(position.variant):\(position.location)")
    }

    /// The text, in base64url.
    var text: String { Data("\(list):\(position)".utf8).base64URL }

    /// Reads the parameter `cursor` of a request for `list`.
    static func position(of list: String, in query: QueryReader) throws(Problem) -> String? {
        guard let text = query.text("cursor") else { return nil }
        guard text.utf8.count <= 512, let data = Data(base64URL: text),
            let plain = String(validating: data, as: UTF8.self), plain.hasPrefix(list + ":")
        else { throw broken }
        return String(plain.dropFirst(list.utf8.count + 1))
    }

    /// The same for positions that are numbers.
    static func number(of list: String, in query: QueryReader) throws(Problem) -> Int64? {
        guard let position = try position(of: list, in: query) else { return nil }
        guard let number = Int64(position), number >= 0 else { throw broken }
        return number
    }

    /// The same for positions of a variant and a location.
    static func stockPosition(of list: String, in query: QueryReader) throws(Problem) -> StockQuery.Position? {
        guard let position = try position(of: list, in: query) else { return nil }
        let parts = position.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let variant = Int64(parts[0]) else { throw broken }
        return StockQuery.Position(variant: VariantID(variant), location: String(parts[1]))
    }

    static var broken: Problem {
        .invalidRequest("the cursor is not one of this list; begin again without it", field: "cursor")
    }
}
