/// Which display: the item that it shows, and where it stands.
struct DisplayKey: Hashable, Sendable {
    let location: String
    let sku: String
}
