internal import CTorch
import LyceumKit

extension Module {
    /// Takes a checkpoint's weights into the parameters and buffers, one tensor after the other.
    ///
    /// Nothing is changed unless everything fits, except in a network that is new. The memory that reading takes is given
    /// back tensor by tensor, so that the peak is the network itself and the largest of its weights.
    ///
    /// - Parameters:
    ///   - checkpoint: weights of any floating-point type; for a network that is new also of eight bits (see
    ///     `RoundedWeights`).
    ///   - names: what this architecture's checkpoints call them.
    ///   - isNew: whether nobody needs the network if this fails. Then its parameters, which may be of
    ///     `Initializer.shapesOnly`, become float32 tensors over the file's memory where that can be: nothing is copied,
    ///     and pages come from the disk when they are read. Keep the checkpoint, and ask `checkUnchanged` before use.
    /// - Throws: `LyceumError.file` that lists what is missing, surplus, of another shape or type, or not finite.
    public final func load(
        _ checkpoint: Checkpoint, names: WeightNames = WeightNames(), isNew: Bool = false
    ) throws {
        let (present, unfit) = misfits(checkpoint, names, takesRounded: isNew)
        var faults = unfit
        if !isNew || !faults.isEmpty {
            faults += NameList.lines(
                "not finite",
                try present.map(\.name).filter { name in
                    defer { checkpoint.release(name) }
                    return try !checkpoint.tensor(name).isAllFinite()
                })
            guard faults.isEmpty else { throw Self.misfit(faults, checkpoint) }
        }
        guard isNew else {
            return try noGrad {
                for (name, target) in present {
                    try target.tensor.copy_(checkpoint.tensor(name))
                    checkpoint.release(name)
                }
            }
        }
        let odd = try noGrad { try present.filter { try !$1.take($0, of: checkpoint) }.map(\.name) }
        guard odd.isEmpty else { throw Self.misfit(NameList.lines("not finite", odd), checkpoint) }
        // What the checkpoint may lack keeps its initial value, in memory of its own.
        for (_, parameter) in namedParameters() where !parameter.isRounded && !parameter.tensor.isContiguous {
            try parameter.take(parameter.tensor.detach().contiguous())
        }
    }

    /// Makes sure that a checkpoint's header names what this network has, in the same shapes and types, without reading
    /// any weight.
    ///
    /// Asked of a network of `Initializer.shapesOnly` before the real one is made: config.json may describe one that
    /// no memory holds.
    ///
    /// - Throws: `LyceumError.file` that lists what is missing, surplus, or of another shape or type.
    public final func check(_ checkpoint: Checkpoint, names: WeightNames = WeightNames()) throws {
        let (_, faults) = misfits(checkpoint, names, takesRounded: true)
        guard faults.isEmpty else { throw Self.misfit(faults, checkpoint) }
    }

    /// Where weights go.
    private func targets() -> [(path: String, target: WeightTarget)] {
        let roundable = Set(roundableWeights().map(ObjectIdentifier.init))
        return namedParameters().map { path, parameter in
            (
                path,
                WeightTarget(
                    tensor: parameter.tensor, parameter: parameter,
                    canBeRounded: roundable.contains(ObjectIdentifier(parameter)))
            )
        } + namedBuffers().map { ($0, WeightTarget(tensor: $1, parameter: nil, canBeRounded: false)) }
    }

    /// The tensors that the checkpoint holds, by its names, and what does not fit.
    private func misfits(
        _ checkpoint: Checkpoint, _ names: WeightNames, takesRounded: Bool
    ) -> (present: [(name: String, target: WeightTarget)], faults: [String]) {
        let wanted = targets()
        let rounded = RoundedWeights(checkpoint)
        let matching = names.match(
            checkpoint.names.filter { !rounded.scales.contains($0) }, to: Set(wanted.map(\.path)))
        let missing = wanted.map(\.path).filter {
            matching.names[$0] == nil && !names.optional.contains($0)
        }
        var faults = NameList.lines("missing", missing)
        faults += NameList.lines("unknown to this architecture", matching.surplus)
        let present = wanted.compactMap { path, target in
            matching.names[path].map { (name: $0, target: target) }
        }
        faults += NameList.lines(
            "of another shape",
            present.compactMap { name, target in
                guard let shape = checkpoint.shape(of: name), shape != target.tensor.shape else { return nil }
                return "\(name) (\(shape) instead of \(target.tensor.shape))"
            })
        faults += NameList.lines(
            "of another type",
            present.compactMap { name, target in
                guard let dtype = checkpoint.dtype(of: name),
                    dtype.isFloatingPoint != target.tensor.dtype.isFloatingPoint,
                    !(takesRounded && target.canBeRounded && dtype == .int8)
                else { return nil }
                return "\(name) (\(dtype) instead of \(target.tensor.dtype))"
            })
        return (present, faults + rounded.faults(of: present.map(\.name)))
    }

    private static func misfit(_ faults: [String], _ checkpoint: Checkpoint) -> LyceumError {
        .file(
            path: checkpoint.source, line: nil,
            problem: "the weights do not fit: " + faults.joined(separator: "; "),
            remedy: "check that config.json belongs to these weights")
    }

    /// Copies tensors by path into the parameters and buffers; `source` names them in errors.
    public final func load(_ tensors: [String: Tensor], source: String) throws {
        try load(Checkpoint(tensors, source: source))
    }
}

/// A parameter or a buffer that a checkpoint has a value for.
struct WeightTarget {
    let tensor: Tensor
    /// nil for a buffer.
    let parameter: Parameter?
    /// Whether the value may be in eight bits.
    let canBeRounded: Bool

    /// Takes a value over, and gives whether it is finite.
    func take(_ name: String, of checkpoint: Checkpoint) throws -> Bool {
        let value = try checkpoint.tensor(name)
        guard let parameter else {
            defer { checkpoint.release(name) }
            try tensor.copy_(value)
            return try tensor.isAllFinite()
        }
        if value.dtype == .int8 {
            let weight = try QuantisedWeight(
                rows: value, scales: checkpoint.tensor(RoundedWeights.scaleName(name)))
            guard try weight.scales.isAllFinite(), try weight.scales.min().item() >= 0 else { return false }
            // Without instructions for it, a processor takes what the numbers stand for.
            if Tensor.hasDecoderKernels {
                try parameter.take(weight)
            } else {
                try parameter.take(weight.values())
            }
            return true
        }
        if checkpoint.lends(name), value.dtype == .float32 {
            try parameter.take(value)
        } else {
            try parameter.take(Tensor.empty(value.shape, dtype: .float32).copy_(value))
            checkpoint.release(name)
        }
        return try parameter.tensor.isAllFinite()
    }
}

extension Tensor {
    /// Whether no element is infinite or NaN. Takes no memory: both survive a search for the extremes.
    func isAllFinite() throws -> Bool {
        guard dtype.isFloatingPoint, count > 0 else { return true }
        if device == .cpu, dtype == .float32, isContiguous {
            var answer = false
            try TorchError.check(ctorch_all_finite(handle, &answer), "isAllFinite", [self])
            return answer
        }
        let (least, most) = try Op.aminmax.pair(.tensor(self))
        return try least.item().isFinite && most.item().isFinite
    }
}

private enum Op {
    static let aminmax = Operator("aten::aminmax")
}
