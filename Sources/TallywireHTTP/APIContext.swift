import Hummingbird
import NIOCore
import TallywireAccess
import TallywireCore

/// The values that the handlers of one request share.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The connection, whose input is closed when a body stalls.
    let channel: any Channel
    /// The caller; `nil` is a caller without a token.
    var principal: Principal?
    /// The operation of the caller that the request is a part of.
    var trace: TraceParent?

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
