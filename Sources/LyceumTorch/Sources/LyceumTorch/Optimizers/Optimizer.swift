import LyceumKit

/// What changes the parameters of a network by their gradients, step by step.
public protocol Optimizer: AnyObject {
    /// What it changes, by path.
    var parameters: [(name: String, parameter: Parameter)] { get }

    /// Changes the parameters by their gradients; those without a gradient stay.
    ///
    /// - Parameters:
    ///   - learningRate: of this step.
    ///   - embeddingLearningRate: that of embedding tables; the same if nil.
    func step(learningRate: Double, embeddingLearningRate: Double?) throws

    /// All that it remembers between two steps, for a checkpoint: the tensors themselves, not copies.
    func state() -> [(name: String, tensor: Tensor)]
}

extension Optimizer {
    /// Forgets all gradients.
    public func zeroGradients() throws {
        for (_, parameter) in parameters { try parameter.tensor.zeroGrad() }
    }

    /// Takes over what a checkpoint remembers.
    ///
    /// - Throws: `LyceumError.file` if something is missing or of another shape; nothing is changed then.
    public func load(_ tensors: [String: Tensor], source: String) throws {
        let own = state()
        for (name, target) in own where tensors[name]?.shape != target.shape {
            let found =
                tensors[name].map { "has shape \($0.shape) instead of \(target.shape)" } ?? "is missing"
            throw LyceumError.file(
                path: source, line: nil, problem: "the optimizer's '\(name)' \(found)",
                remedy: "resume from a checkpoint of the same student, with the optim of that run")
        }
        try noGrad {
            for (name, target) in own { if let tensor = tensors[name] { try target.copy_(tensor) } }
        }
    }
}

/// The optimizers that a run can choose, by transformers' names (`optim`).
public enum OptimizerChoice: String, SettingChoice {
    /// Adam with decoupled weight decay.
    case adamW = "adamw"
    /// Factored second moments: a fraction of AdamW's memory.
    case adafactor
}
