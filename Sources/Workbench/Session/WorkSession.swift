import LyceumKit

/// One person's, or one program's, work: the plugins it has, the lab that remembers what it does, the replies it has
/// paid for, and where its progress is shown.
///
/// Everything that trains, asks, scores or reports takes one. It is used from one thread.
public final class WorkSession {
    /// The plugins that can be had, and what Lyceum itself brings.
    public let plugins: PluginHost
    /// Draws progress; nil is silent.
    public let listener: Job.Listener?
    /// Where runs, replies and scores are remembered; see `LabSession` for how to store something on the way.
    public let lab: LabSession
    /// The replies of teachers that were paid for.
    let replies: ReplyCache

    /// Describes a session.
    public init(plugins: PluginHost, listener: Job.Listener? = nil, lab: LabSession = .off) {
        self.plugins = plugins
        self.listener = listener
        self.lab = lab
        replies = ReplyCache(lab: lab)
        BuiltIns.register(in: plugins)
    }

    /// Starts a job that this session shows and that Ctrl-C cancels.
    public func job(_ title: String) -> Job { Job(title, listener: listener) }

    /// Starts a job too short for a bar: only what it notes is shown.
    public func shortJob(_ title: String) -> Job {
        Job(title, listener: listener.map { Job.Listener(progress: { _ in }, note: $0.note) })
    }
}
