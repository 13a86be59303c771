import HTTPPort
import TallywireAccess
import TallywireCore

/// In which device's name stock is moved.
extension InventoryAPI {
    /// The source of all changes over HTTP that name no device.
    static let source = "http"

    /// The device in whose name a movement is made: the one that the movement names, or the caller's own; `nil` for none.
    ///
    /// A caller that is bound to a device always moves stock in that device's name, even if the movement names none. It may name no
    /// other device.
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

    /// The source of what a device did, or a caller that is no device: `http/DEVICE`, or `http`.
    static func source(of device: String?) -> String { device.map { "\(source)/\($0)" } ?? source }
}
