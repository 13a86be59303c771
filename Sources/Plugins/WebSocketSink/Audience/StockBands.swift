/// Stock as a shop may see it: in a few steps instead of units.
///
/// The edges are upper ends. Up to the first edge a variant is `out`, beyond the last it is `in stock`, and in between it is `few`, with the
/// edge that it does not exceed.
struct StockBands: Hashable, Sendable {
    /// Ascending.
    let edges: [Int64]

    /// The band that holds `stock`, from 0.
    func band(of stock: Int64) -> Int { edges.firstIndex { stock <= $0 } ?? edges.count }

    /// Writes the members that stand for `stock`: `"stock":"few","stockAtMost":5`.
    func members(of stock: Int64) -> String {
        let band = band(of: stock)
        if band == 0 { return #""stock":"out""# }
        if band == edges.count { return #""stock":"in stock","stockMoreThan":\#(edges[band - 1])"# }
        return #""stock":"few","stockAtMost":\#(edges[band])"#
    }

    /// Members of `data` from which the units could be told.
    static let telling: Set<String> = [
        "previousStock", "totalProductStock", "quantity", "locationStock", "threshold", "message",
    ]
}
