import LyceumKit

extension Module {
    /// Every parameter and buffer by path: what a checkpoint holds.
    public final func state() -> [(name: String, tensor: Tensor)] {
        namedParameters().map { ($0.name, $0.parameter.tensor) } + namedBuffers()
    }

    /// Copies the tensors of a checkpoint into the parameters and buffers of the same paths.
    ///
    /// Nothing is changed unless everything fits.
    ///
    /// - Parameters:
    ///   - tensors: by path; any floating-point type.
    ///   - source: names the checkpoint in errors: a path.
    ///   - ignoring: paths that the checkpoint may hold in vain (tied copies, leftovers of old versions).
    ///   - optional: paths that the checkpoint may lack.
    /// - Throws: `LyceumError.file` that lists what is missing, surplus, of another shape or not finite.
    public final func load(
        _ tensors: [String: Tensor], source: String, ignoring: Set<String> = [], optional: Set<String> = []
    ) throws {
        let wanted = state()
        let names = Set(wanted.map(\.name))
        var faults: [String] = []
        faults += Self.list(
            "missing", wanted.map(\.name).filter { tensors[$0] == nil && !optional.contains($0) })
        faults += Self.list(
            "unknown to this architecture",
            tensors.keys.filter { !names.contains($0) && !ignoring.contains($0) }.sorted())
        let present = wanted.compactMap { name, target in tensors[name].map { (name, target, $0) } }
        faults += Self.list(
            "of another shape",
            present.filter { $1.shape != $2.shape }.map { "\($0) (\($2.shape) instead of \($1.shape))" })
        faults += Self.list("not finite", try present.filter { try !$2.isfinite().all().isTrue() }.map(\.0))
        guard faults.isEmpty else {
            throw LyceumError.file(
                path: source, line: nil, problem: "the weights do not fit: " + faults.joined(separator: "; "),
                remedy: "check that config.json belongs to these weights")
        }
        try noGrad { for (_, target, tensor) in present { try target.copy_(tensor) } }
    }

    private static func list(_ what: String, _ names: [String]) -> [String] {
        if names.isEmpty { return [] }
        let shown = names.prefix(5).joined(separator: ", ")
        return ["\(what): \(shown)" + (names.count > 5 ? " and \(names.count - 5) more" : "")]
    }
}

extension Tensor {
    /// The truth value of a tensor with one element.
    func isTrue() throws -> Bool { try item() != 0 }
}
