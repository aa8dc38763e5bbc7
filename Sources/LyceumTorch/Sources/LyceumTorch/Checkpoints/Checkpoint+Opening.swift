import LyceumKit

// Finding the weights in a folder, or saying what is there instead.
extension Checkpoint {
    /// Opens the weights of a folder that `save`, or transformers' `save_pretrained`, wrote.
    ///
    /// Looks for `model.safetensors`, then for `model.safetensors.index.json` and the files it names, then for
    /// `pytorch_model.bin` and its index, as transformers does. Pickles are read by a closed reader that runs nothing.
    ///
    /// - Throws: `LyceumError.file` if there are none, if they are of a format that is not read (with the command that
    ///   converts them), or if a file is damaged.
    public static func open(_ folder: String) throws -> Checkpoint {
        guard Files.isFolder(folder) else {
            throw LyceumError.file(
                path: folder, line: nil, problem: Files.exists(folder) ? "is not a folder" : "does not exist",
                remedy: "name the folder that holds config.json and the weights")
        }
        let kinds:
            [(single: String, index: String, suffix: String, read: (String) throws -> any WeightFile)] = [
                (CheckpointFiles.weights, CheckpointFiles.weightIndex, ".safetensors", Safetensors.read),
                (
                    CheckpointFiles.torchWeights, CheckpointFiles.torchWeightIndex, ".bin",
                    TorchFile.init(path:)
                ),
            ]
        for kind in kinds {
            let single = Files.join(folder, kind.single)
            if Files.exists(single) { return try Checkpoint(files: [kind.read(single)], source: single) }
            let index = Files.join(folder, kind.index)
            if Files.exists(index) { return try sharded(index, kind.suffix, in: folder, read: kind.read) }
        }
        throw noWeights(in: folder)
    }

    private static func sharded(
        _ path: String, _ suffix: String, in folder: String, read: (String) throws -> any WeightFile
    ) throws -> Checkpoint {
        let index = try ShardIndex(path: path, suffix: suffix)
        var files: [any WeightFile] = []
        for shard in index.shards {
            let path = Files.join(folder, shard)
            guard Files.exists(path) else {
                throw LyceumError.file(
                    path: path, line: nil,
                    problem: "is missing, one of \(index.shards.count) files of weights",
                    remedy: "download it too")
            }
            let file = try read(path)
            try index.check(file.names, of: shard)
            files.append(file)
        }
        return Checkpoint(files: files, source: path)
    }

    /// Why a folder without weights that are read cannot be opened.
    private static func noWeights(in folder: String) -> LyceumError {
        let names = Files.list(folder).sorted()
        func error(_ problem: String, _ remedy: String) -> LyceumError {
            .file(path: folder, line: nil, problem: problem, remedy: remedy)
        }
        /// The command that writes safetensors; `argument` tells from_pretrained what it reads.
        func conversion(_ argument: String = "") -> String {
            let model = transformersClass(of: folder)
            return "convert them in that folder with: python -c \"from transformers import \(model) as M; "
                + "M.from_pretrained('.'\(argument)).save_pretrained('.', safe_serialization=True)\""
        }
        let isPickle = { (name: String) in
            name.hasPrefix("pytorch_model") || name.hasSuffix(".pt") || name.hasSuffix(".pth")
        }
        if let name = names.first(where: isPickle) {
            return error(
                "its weights are in \(name), and only \(CheckpointFiles.torchWeights) and the files of its index are read",
                conversion())
        }
        for (name, argument) in [("tf_model.h5", "from_tf"), ("flax_model.msgpack", "from_flax")]
        where names.contains(name) {
            return error(
                "its weights are in \(name), which Lyceum does not read", conversion(", \(argument)=True"))
        }
        if let name = names.first(where: { $0.hasSuffix(".safetensors") }) {
            return error(
                "holds \(name) but neither \(CheckpointFiles.weights) nor \(CheckpointFiles.weightIndex)",
                "download the whole checkpoint")
        }
        return error(
            "is not a checkpoint: it holds neither \(CheckpointFiles.weights) nor \(CheckpointFiles.torchWeights)",
            "name a folder that student:save or Hugging Face's save_pretrained wrote")
    }

    /// The class that config.json says reads the folder in transformers.
    private static func transformersClass(of folder: String) -> String {
        let path = Files.join(folder, CheckpointFiles.configuration)
        guard let bytes = try? Files.read(path), let document = try? JSON.decode(bytes, name: path).object,
            let name = document["architectures"]?.list?.first?.string, !name.isEmpty,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return "AutoModel" }
        return name
    }
}
