import HTTPPort
import TallywireAccess
import TallywireCore
import TallywireRequests

/// The body of `POST /api/counts`: one count.
struct NewCountBody: CommandBody {
    let id: String?
    private let device: String?
    private let location: String
    private let scope: StockCount.Scope
    private let isBlind: Bool
    private let tolerance: Int64
    private let missing: StockCount.Missing

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(
            decoder, members: ["id", "device", "location", "skus", "prefix", "blind", "tolerance", "missing"])
        id = try members.text("id")
        device = try members.text("device")
        location = try members.required(members.text("location"), "location")
        let skus = try members.list("skus", of: String.self, limit: Limits.linesPerCount, what: "SKUs")
        let prefix = try members.text("prefix")
        guard skus == nil || prefix == nil else {
            throw members.error(at: "prefix", "give “skus” or “prefix”, not both; without them everything is counted")
        }
        scope = StockCount.Scope(skus: skus, prefix: prefix)
        isBlind = try members.flag("blind") ?? false
        tolerance = try members.integer("tolerance") ?? 0
        missing = try members.word("missing", StockCount.Missing.self) ?? .keep
    }

    func command(id: String?, of principal: Principal?, in api: InventoryAPI) throws(Problem) -> Command {
        let device = try api.device(naming: device, principal)
        return Command(
            id: id, device: device, source: InventoryAPI.source(of: device),
            action: .openCount(new(by: InventoryAPI.author(device, principal))))
    }

    func new(by author: String) -> NewCount {
        NewCount(location: location, scope: scope, isBlind: isBlind, tolerance: tolerance, missing: missing, by: author)
    }

    static func write(_ receipt: Receipt, to json: inout JSONWriter) { receipt.writeCount(to: &json) }
}

/// A body that does something to a count.
protocol CountUseBody: Decodable, Sendable {
    var id: String? { get }
    /// The device in whose name it is done; `nil` for the caller's own.
    var device: String? { get }
    var kind: CountUse.Kind { get }
}

/// The body of `POST /api/counts/{id}/lines`.
struct CountLinesBody: CountUseBody {
    let id: String?
    let device: String?
    let kind: CountUse.Kind

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "device", "recount", "lines"])
        id = try members.text("id")
        device = try members.text("device")
        let lines = try members.required(
            members.list("lines", of: Line.self, limit: Limits.linesPerCount, what: "lines"), "lines")
        kind = .count(lines.map(\.line), replaces: try members.flag("recount") ?? false)
    }

    private struct Line: Decodable {
        let line: CountUse.Line

        init(from decoder: any Decoder) throws {
            let members = try MemberReader(decoder, members: ItemBody.members + ["quantity", "countedAt"])
            let reading = try ItemBody.reading(members, decoder)
            line = CountUse.Line(
                item: reading.item, quantity: try ItemBody.quantity(members, of: reading, decoder),
                countedAt: try members.timestamp("countedAt"))
        }
    }
}

/// The body of `POST /api/counts/{id}/close`; it may be empty.
struct CountCloseBody: CountUseBody {
    let id: String?
    let device: String?
    let kind: CountUse.Kind

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "device", "reason"])
        id = try members.text("id")
        device = try members.text("device")
        kind = .close(reason: try members.text("reason"))
    }
}

/// The body of `POST /api/counts/{id}/post`; it may be empty.
struct CountPostBody: CountUseBody {
    let id: String?
    var device: String? { nil }
    let kind: CountUse.Kind

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["id", "reason"])
        id = try members.text("id")
        kind = .post(reason: try members.text("reason"))
    }
}

/// The body of `POST /api/counts/{id}/void`; it may be empty.
struct CountVoidBody: CountUseBody {
    let id: String?
    var device: String? { nil }
    var kind: CountUse.Kind { .void }

    init(from decoder: any Decoder) throws {
        id = try MemberReader(decoder, members: ["id"]).text("id")
    }
}
