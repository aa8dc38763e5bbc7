import LyceumKit

extension Module {
    /// Copies a checkpoint's weights into the parameters and buffers, one tensor after the other.
    ///
    /// Nothing is changed unless everything fits, except in a network that is new. The memory that reading takes is given
    /// back tensor by tensor, so that the peak is the network itself and the largest of its weights.
    ///
    /// - Parameters:
    ///   - checkpoint: weights of any floating-point type.
    ///   - names: what this architecture's checkpoints call them.
    ///   - isNew: whether nobody needs the network if this fails: then each weight is read once, and not twice.
    /// - Throws: `LyceumError.file` that lists what is missing, surplus, of another shape or type, or not finite.
    public final func load(
        _ checkpoint: Checkpoint, names: WeightNames = WeightNames(), isNew: Bool = false
    ) throws {
        let (present, unfit) = misfits(checkpoint, names)
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
        var odd: [String] = []
        try noGrad {
            for (name, target) in present {
                try target.copy_(checkpoint.tensor(name))
                checkpoint.release(name)
                if isNew, try !target.isAllFinite() { odd.append(name) }
            }
        }
        guard odd.isEmpty else { throw Self.misfit(NameList.lines("not finite", odd), checkpoint) }
    }

    /// Makes sure that a checkpoint's header names what this network has, in the same shapes and types, without reading
    /// any weight.
    ///
    /// Asked of a network of `Initializer.shapesOnly` before the real one is made: config.json may describe one that
    /// no memory holds.
    ///
    /// - Throws: `LyceumError.file` that lists what is missing, surplus, or of another shape or type.
    public final func check(_ checkpoint: Checkpoint, names: WeightNames = WeightNames()) throws {
        let (_, faults) = misfits(checkpoint, names)
        guard faults.isEmpty else { throw Self.misfit(faults, checkpoint) }
    }

    /// The tensors that the checkpoint holds, by its names, and what does not fit.
    private func misfits(
        _ checkpoint: Checkpoint, _ names: WeightNames
    ) -> (present: [(name: String, target: Tensor)], faults: [String]) {
        let wanted = state()
        let matching = names.match(checkpoint.names, to: Set(wanted.map(\.name)))
        let missing = wanted.map(\.name).filter {
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
                guard let shape = checkpoint.shape(of: name), shape != target.shape else { return nil }
                return "\(name) (\(shape) instead of \(target.shape))"
            })
        faults += NameList.lines(
            "of another type",
            present.compactMap { name, target in
                guard let dtype = checkpoint.dtype(of: name),
                    dtype.isFloatingPoint != target.dtype.isFloatingPoint
                else { return nil }
                return "\(name) (\(dtype) instead of \(target.dtype))"
            })
        return (present, faults)
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

extension Tensor {
    /// Whether no element is infinite or NaN. Takes no memory: both survive a search for the extremes.
    func isAllFinite() throws -> Bool {
        guard dtype.isFloatingPoint, count > 0 else { return true }
        let (least, most) = try Op.aminmax.pair(.tensor(self))
        return try least.item().isFinite && most.item().isFinite
    }
}

private enum Op {
    static let aminmax = Operator("aten::aminmax")
}
