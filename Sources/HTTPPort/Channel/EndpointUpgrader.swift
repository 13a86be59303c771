import HTTPEndpoints
import NIOCore
import NIOHTTP1
import NIOWebSocket
import TallywireCore

/// Answers an admitted request with 101 and gives the connection to its endpoint.
///
/// The handshake is NIO's. What follows is not, since NIO would add a frame encoder that copies every payload.
struct EndpointUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = UpgradingChannel.Role

    /// The gate of the connection, which knows the admitted upgrade.
    let gate: NIOLoopBound<UpgradeGate>

    var supportedProtocol: String { "websocket" }
    var requiredUpgradeHeaders: [String] { [] }

    private enum Failure: Error {
        /// The gate admitted no upgrade.
        case notAdmitted
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        let headers = gate.value.admitted?.headers
        return NIOTypedWebSocketServerUpgrader<Void>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(headers) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        ).buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<UpgradingChannel.Role> {
        guard let admitted = gate.value.admitted else {
            return channel.eventLoop.makeFailedFuture(Failure.notAdmitted)
        }
        return admitted.endpoint.install(on: channel, request: admitted.request).map { .taken }
    }
}
