import HTTPPort
import TallywireAccess
import TallywireCore
import TallywireRequests

extension MovementBody: CommandBody {
    func command(id: String?, of principal: Principal?, in api: InventoryAPI) throws(Problem) -> Command {
        let device = try api.device(naming: device, principal)
        if let index = lines.firstIndex(where: \.allowsNegative), principal?.covers(.admin) == false {
            throw .forbidden("“negative” of a line is for admins: lines[\(index)]")
        }
        return Command(
            id: id, device: device, source: InventoryAPI.source(of: device),
            action: .move(movement(defaultLocation: api.configuration.defaultLocation)))
    }

    static func write(_ receipt: Receipt, to json: inout JSONWriter) { receipt.write(to: &json) }
}
