import Hummingbird
import NIOCore

/// What the handlers of one request share.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The connection, to end its input when a body stalls.
    let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
