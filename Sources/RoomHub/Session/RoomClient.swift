import NIOCore
import TallywireProtocol
import WebSocketServer

/// The protocol's side of a ``RoomSession``: what a client is told, in the protocol's own form. All calls come on the client's event
/// loop.
///
/// Events do not pass here while ``RoomSession/opened(_:connection:on:)`` was given a connection: they go straight to it.
package protocol RoomClient: AnyObject {
    /// Whether something can be sent now.
    var isWritable: Bool { get }
    /// Sends whole text frames, for a client without a connection of its own. Returns whether they were sent.
    func send(pieces: [ByteBuffer]) -> Bool
    func send(_ message: ServerMessage)
    /// Sends a page of values, whose items are encoded. Returns the bytes that were sent; `nil` if nothing was.
    func send(_ page: ItemsPage, items: [ByteBuffer], isLast: Bool) -> Int?
    /// Says what was wrong with what the client asked for.
    func answer(_ error: ClientError)
    func close(_ code: CloseCode, reason: String)
}
