import Hummingbird
import NIOCore

/// What comes with a request: the connection that it came on.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Who shares a place in the queue: those behind one address.
    var client: String { channel.remoteAddress?.ipAddress ?? "" }
}
