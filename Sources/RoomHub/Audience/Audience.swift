import TallywireCore
import TallywireEngine

/// How much of an event its readers see. Rooms with the same audience share the same bytes.
struct Audience: Hashable, Sendable {
    /// The members of `data` that are sent; `nil` for all.
    let fields: Set<String>?
    /// Whether stock is sent in bands; `nil` for units.
    let bands: StockBands?

    /// The audience that sees everything, in the very bytes of the journal.
    static let everybody = Audience(fields: nil, bands: nil)

    /// Members that every reader gets, to know which item a value belongs to and whether the value is newer. A reader that did not
    /// get an alert's scope would take a location's level for the item's.
    static let identity: Set<String> = ["productId", "variantId", "version", "scope"]

    init(fields: [String]?, bands: [Int64]?) {
        self.fields = fields.map { Self.identity.union($0) }
        self.bands = bands.map(StockBands.init)
    }

    /// Whether this audience sees events unchanged.
    var seesAll: Bool { fields == nil && bands == nil }

    /// Whether a member of `data` is sent.
    func sees(_ member: String) -> Bool {
        if bands != nil, StockBands.telling.contains(member) { return false }
        return fields?.contains(member) ?? true
    }

    /// Sort order: audiences that see more come first. A client in two rooms gets what the first of their audiences sees.
    static func seesMore(_ a: Audience, _ b: Audience) -> Bool {
        if (a.bands == nil) != (b.bands == nil) { return a.bands == nil }
        return (a.fields?.count ?? .max) > (b.fields?.count ?? .max)
    }
}

extension Audience {
    /// Writes a variant's values as an item of a snapshot, under the names of the contract.
    func write(_ value: VariantValue, to json: inout JSONWriter) {
        let (record, variant) = (value.record, value.record.variant)
        json.object { json in
            json.member("productId", variant.productID.rawValue)
            json.writeVariant(variant.id, isDefault: variant.isDefault)
            if sees("sku") {
                json.member("sku", variant.sku)
            }
            if sees("variantName") || sees("name") {
                json.member("name", variant.name)
            }
            if sees("stock") {
                if let bands {
                    json.raw(bands.members(of: variant.stock).utf8)
                } else {
                    json.member("stock", variant.stock)
                }
            }
            if sees("onHand") {
                json.member("onHand", value.totals.onHand)
            }
            if sees("reserved") {
                json.member("reserved", value.totals.reserved)
            }
            if sees("price") {
                json.member("price", price: record.price)
            }
            if sees("status") {
                json.member("status", record.status.rawValue)
            }
            if sees("level") {
                json.member("level", variant.level.rawValue)
            }
            json.member("version", variant.version)
        }
    }

    /// Writes that a variant was removed.
    func write(_ removed: RemovedVariant, to json: inout JSONWriter) {
        json.object { json in
            json.member("productId", removed.product.rawValue)
            json.writeVariant(removed.variant, isDefault: removed.isDefault)
            if sees("sku") {
                json.member("sku", removed.sku)
            }
            json.member("removed", true)
        }
    }
}

extension Audience {
    /// An event's JSON as this audience sees it; `nil` if the audience sees nothing of the event, because the stock moved within a
    /// band.
    func json(of envelope: EventEnvelope, _ step: StockStep?) -> [UInt8]? {
        if seesAll { return envelope.json }
        if let bands, let step, step.isMovement, bands.band(of: step.before) == bands.band(of: step.after) { return nil }
        return envelope.json.withUnsafeBufferPointer { bytes in
            guard let data = bytes.dataObject else { return nil }
            var json = [UInt8](bytes[..<(data + 1)])
            json.reserveCapacity(bytes.count + 16)
            var members = JSONMembers(bytes, objectAt: data)
            var isFirst = true
            while let (key, value) = members.next() {
                let name = String(decoding: bytes[key], as: UTF8.self)
                guard sees(name) else { continue }
                if !isFirst { json.append(UInt8(ascii: ",")) }
                isFirst = false
                if name == "stock", let bands, let stock = bytes.integer(at: value) {
                    json.append(contentsOf: bands.members(of: stock).utf8)
                } else {
                    json.append(contentsOf: bytes[(key.lowerBound - 1)..<value.upperBound])
                }
            }
            json.append(contentsOf: "}}".utf8)
            return json
        }
    }
}

/// The members that an event's `data`, or an item of a snapshot, may have: what a room's `fields` can name.
enum EventFields {
    static let names: [String] = {
        // An item's name is the member `name`, and an event's is `variantName`.
        let all = Event.schemas.flatMap { $0.members.map(\.name) } + ["name"]
        var seen: Set<String> = []
        return all.filter { seen.insert($0).inserted }
    }()
}

/// Stock as a shop may see it: in a few steps instead of units.
///
/// The edges are upper ends. Up to the first edge a variant is `out`. Above the last edge it is `in stock`. In between it is `few`,
/// with the edge that it does not exceed.
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

    /// The members of `data` that would reveal the units.
    static let telling: Set<String> = [
        "previousStock", "totalProductStock", "onHand", "reserved", "quantity", "locationStock", "locationOnHand",
        "locationReserved", "locationLevel",
        "locationUnavailable", "locationIncoming", "locationDamaged", "locationInspection", "locationSafety", "discrepancy",
        "previousOnHand", "counted", "expected",
        "threshold", "message", "lines",
    ]
}
