/// A batch of questions that a server answers in its own time, as the lab remembers it.
public struct BatchRecord: Sendable, Equatable, Identifiable {
    /// Its number in the lab.
    public let id: Int
    /// What the server is told to keep with it, by which it is found again.
    public let mark: String
    /// The server's base URL.
    public let server: String
    /// The server's name for the file with the questions; nil as long as it is not there.
    public let file: String?
    /// Whether the server may have been told to start it, even if its answer was never read.
    public let mayExist: Bool
    /// The server's name for it; nil as long as that is not known.
    public let name: String?
    /// How many questions it holds.
    public let requests: Int
    /// When it was made.
    public let created: Timestamp
    /// Whether another process that is alive is about to hand it over.
    public let isInOtherHands: Bool
}
