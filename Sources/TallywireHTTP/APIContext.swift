import Hummingbird
import NIOCore
import TallywirePipeline

/// What the handlers of one request share.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// The connection, to end its input when a body stalls.
    let channel: any Channel
    /// Who asks; `nil` is somebody without a token.
    var principal: Principal?

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
