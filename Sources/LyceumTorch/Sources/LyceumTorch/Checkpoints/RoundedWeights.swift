import LyceumKit

/// Weights of a checkpoint that are kept in eight bits, as `student:save(folder, { precision = "int8" })` writes them.
///
/// A matrix W [outputs, inputs] is the int8 tensor W / scale under its name, rounded, and the float32 tensor of its scales
/// [outputs] under the name with `_scale` after it: the names of the compressed-tensors format. Everything else is float32.
/// config.json says so under `quantization_config`: transformers warns of the type by its name, and does not load the folder.
struct RoundedWeights {
    private let checkpoint: Checkpoint
    /// The names of the scales that belong to a matrix in eight bits.
    let scales: Set<String>

    init(_ checkpoint: Checkpoint) {
        self.checkpoint = checkpoint
        let rounded = checkpoint.names.filter { checkpoint.dtype(of: $0) == .int8 }
        scales = Set(rounded.map(Self.scaleName)).intersection(checkpoint.names)
    }

    /// What the scales of a matrix are called.
    static func scaleName(_ name: String) -> String { name + "_scale" }

    /// What is wrong with those in eight bits among some weights.
    func faults(of names: [String]) -> [String] {
        let rounded = names.filter { checkpoint.dtype(of: $0) == .int8 }
        let lacking = rounded.filter { !scales.contains(Self.scaleName($0)) }
        let odd = rounded.filter { name in
            let scale = Self.scaleName(name)
            guard scales.contains(scale) else { return false }
            return checkpoint.dtype(of: scale) != .float32
                || checkpoint.shape(of: scale) != checkpoint.shape(of: name).map { Array($0.prefix(1)) }
        }
        return NameList.lines("without scales (NAME_scale)", lacking)
            + NameList.lines("with scales of another shape or type", odd)
    }

    /// What says in config.json that weights are in eight bits.
    static let configuration: Value = .object([
        "quant_method": .string(method), "bits": 8, "symmetric": true, "per": "output row",
    ])
    static let configurationKey = "quantization_config"
    private static let method = "lyceum-int8"

    /// Refuses a folder whose weights are rounded in a way that is not read here.
    static func check(_ document: [String: Value], path: String) throws {
        guard let other = document[configurationKey]?.object?["quant_method"]?.string, other != method else {
            return
        }
        throw LyceumError.file(
            path: path, line: nil,
            problem: "its weights are quantised by \(other), which Lyceum does not read",
            remedy: "load the checkpoint that it was made of, and save it with precision = 'int8'")
    }

    /// Refuses weights in eight bits for a student that does not compute with them.
    func refuse(for architecture: String) throws {
        guard let name = checkpoint.names.first(where: { checkpoint.dtype(of: $0) == .int8 }) else { return }
        throw LyceumError.file(
            path: checkpoint.source, line: nil,
            problem:
                "\(name) is in eight bits, and a \(architecture) student computes with floating-point weights",
            remedy:
                "load the checkpoint that it was made of; only students that write texts are kept in eight bits"
        )
    }

    /// The tensors to write of a network: matrices that can be rounded in eight bits, everything else in float32.
    static func tensors(of network: Module) throws -> [(String, Tensor)] {
        let roundable = Set(network.roundableWeights().map(ObjectIdentifier.init))
        var all = try network.namedBuffers().map { ($0.name, try $0.tensor.detach()) }
        for (name, parameter) in network.namedParameters() {
            guard roundable.contains(ObjectIdentifier(parameter)), parameter.tensor.rank == 2 else {
                all.append((name, try parameter.values()))
                continue
            }
            let weight = try parameter.rounded ?? QuantisedWeight(parameter.tensor.detach().to(.cpu))
            all += [(name, weight.rows), (scaleName(name), weight.scales)]
        }
        return all
    }
}
