import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The connections that are open, with what is to happen when a client leaves. Usable from any thread.
final class Connections: Sendable {
    private struct State {
        var leaving: [ObjectIdentifier: @Sendable () -> Void] = [:]
        var open: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())

    /// Whether connections are closed after their next answer.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    func drain() { state.withLock { $0.isDraining = true } }

    /// Closes all connections, answered or not.
    func closeAll() {
        for channel in state.withLock({ Array($0.open.values) }) { channel.close(promise: nil) }
    }

    func opened(_ channel: any Channel) { state.withLock { $0.open[ObjectIdentifier(channel)] = channel } }

    func closed(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let body = state.withLock { state in
            state.open[id] = nil
            return state.leaving.removeValue(forKey: id)
        }
        body?()
    }

    /// Runs `body` when the client leaves, until the returned closure is called.
    func whenClosed(_ channel: any Channel, _ body: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let id = ObjectIdentifier(channel)
        let isOpen = state.withLock { state in
            guard state.open[id] != nil else { return false }
            state.leaving[id] = body
            return true
        }
        if !isOpen { body() }
        return { [weak self] in _ = self?.state.withLock { $0.leaving.removeValue(forKey: id) } }
    }
}

/// Watches one connection: closes it when a request does not arrive in time, when its answer does not get through, or
/// when the client has gone, and after an answer when the server is about to end.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: Connections
    private let arrival: TimeAmount
    private let answer: TimeAmount
    private var unanswered = 0
    /// Whether the answer that is being written says that the connection ends with it.
    private var isLast = false
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - arrival: in which a request has to come as a whole.
    ///   - answer: in which its answer has to be written.
    init(_ connections: Connections, arrival: TimeAmount, answer: TimeAmount) {
        self.connections = connections
        self.arrival = arrival
        self.answer = answer
    }

    func handlerAdded(context: ChannelHandlerContext) { connections.opened(context.channel) }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        connections.closed(context.channel)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        connections.closed(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            close(in: arrival, context)
        case .body: break
        case .end: close(in: answer, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): isLast = head.headerFields[.connection] == "close"
        case .body: break
        case .end:
            unanswered -= 1
            if unanswered <= 0 { deadline?.cancel() }
            if isLast, unanswered <= 0 {
                context.writeAndFlush(data, promise: promise)
                context.close(promise: nil)
                return
            }
        }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that closes its side while it waits has gone, whatever HTTP would allow.
        if case .inputClosed? = event as? ChannelEvent, unanswered > 0 {
            context.close(promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func close(in time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
