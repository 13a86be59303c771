import TallywireCore
import TallywirePipeline

/// In whose name stock is moved.
extension InventoryAPI {
    /// The source of all changes that come over HTTP and name no device.
    static let source = "http"

    /// The device in whose name a movement is made: the one that it names, or that the caller is; `nil` for none.
    ///
    /// A caller that is bound to a device moves in that name, also if the movement names none, and in no other.
    func device(naming named: String?, _ principal: Principal?) throws(Problem) -> String? {
        let device = named.map { $0.isLonger(than: 4 * DeviceName.length) ? $0 : $0.keyForm }
        if let device {
            if let mistake = DeviceName.mistake(in: device) { throw .invalidRequest(mistake, field: "device") }
            if let principal, !principal.mayAct(for: device) {
                throw .forbidden("the token is for the device “\(principal.device ?? "")” alone, not for “\(device)”")
            }
        }
        return device ?? principal?.device
    }

    /// The source of what a device did, or somebody who is none: `http/DEVICE`, or `http`.
    static func source(of device: String?) -> String { device.map { "\(source)/\($0)" } ?? source }
}
