import TallywirePipeline

/// In whose name stock is moved.
extension InventoryAPI {
    /// The source of all changes that come over HTTP and name no device.
    static let source = "http"

    /// The source of a movement: `http`, or `http/DEVICE` with the device that the movement names or that the caller is.
    ///
    /// A caller that is bound to a device moves in that name, also if the movement names none, and in no other.
    func source(naming device: String?, _ principal: Principal?) throws(Problem) -> String {
        if let device {
            if let mistake = DeviceName.mistake(in: device) { throw .invalidRequest(mistake, field: "device") }
            if let principal, !principal.mayAct(for: device) {
                throw .forbidden("the token is for the device “\(principal.device ?? "")” alone, not for “\(device)”")
            }
        }
        return (device ?? principal?.device).map { "\(Self.source)/\($0)" } ?? Self.source
    }
}
