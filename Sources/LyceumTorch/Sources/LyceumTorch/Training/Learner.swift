/// Some examples, padded to one length, as a `Learner` reads them.
public protocol TrainingBatch {
    /// What the loss is normalised by: target tokens, or examples.
    var itemCount: Int { get }
    /// All tokens that are read and written, padding excluded.
    var tokenCount: Int { get }
}

/// Examples that are ready to be batched: encoded, cut to size.
public protocol BatchSource {
    /// What it makes.
    associatedtype Batch: TrainingBatch
    /// The length of each example, by which batches are formed: those of similar lengths share one.
    var lengths: [Int] { get }
    /// Identifies the content; empty if unknown.
    var fingerprint: String { get }
    /// The batch of some examples, in that order.
    func batch(of indices: [Int]) throws -> Batch
}

/// A network together with its loss: what a `Trainer` trains.
public protocol Learner: AnyObject {
    /// What it reads.
    associatedtype Batch: TrainingBatch
    /// The network.
    var network: Module { get }
    /// Adds the gradients of `scale` times the summed loss of a batch to the parameters.
    ///
    /// - Returns: the summed loss, not scaled.
    func backward(_ batch: Batch, scale: Double, labelSmoothing: Double) throws -> Double
    /// The summed loss of a batch; runs without gradients.
    func loss(_ batch: Batch) throws -> Double
    /// What is summed up over held-out examples, by name: "loss", and what else there is to know of a batch
    /// ("accuracy": right answers). Divided by the items it becomes the curve "eval_<name>". Runs without gradients.
    func measure(_ batch: Batch) throws -> [String: Double]
    /// Another learner of the same shape, whose weights the trainer will replace by this one's, so that both work
    /// at once on different cores; nil if that is not possible.
    func replica() throws -> Self?
    /// Writes the student's own files into a folder that exists: a checkpoint is a student, too.
    func write(into folder: String) throws
}

extension Learner {
    /// The loss alone.
    public func measure(_ batch: Batch) throws -> [String: Double] { ["loss": try loss(batch)] }

    /// No replicas.
    public func replica() throws -> Self? { nil }
}
