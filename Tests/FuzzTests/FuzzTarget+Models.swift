import Fuzzing
import Glibc
import LyceumKit
import LyceumText

// Folders of checkpoints: each target changes one file of a good one.
extension FuzzTarget {
    private static let text = "A cat sat on the mat; naïve 文字 👩‍👩‍👧."

    static var tokenizer: FuzzTarget {
        let source = repository("Tests/BARTTests/Fixtures/tiny")
        return FuzzTarget(
            "tokenizer",
            seeds: ["{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a b\"]}}"],
            bytes: [(try? Files.read(source + "/tokenizer.json")) ?? []],
            tokens: [
                "\"vocab\"", "\"merges\"", "\"type\"", "\"BPE\"", "\"Unigram\"", "\"WordPiece\"",
                "\"normalizer\"", "null", "{", "}", "[", "]",
            ],
            longest: 1 << 18
        ) { folder in
            try copy(source, to: folder + "/model")
            return { input in
                try plainWrite(input, to: folder + "/model/tokenizer.json")
                // Some of its content also stands in files of its own.
                for name in ["vocab.json", "merges.txt"] { unlink(folder + "/model/" + name) }
                try use(TokenizerLoader.load(folder: folder + "/model"))
            }
        }
    }

    static var sentencePiece: FuzzTarget {
        let source = repository("Tests/T5Tests/Fixtures/relu")
        return FuzzTarget(
            "spiece", seeds: ["\n\n\n\u{01}a\u{15}\u{0}\u{0}\u{0}\u{0}"],
            bytes: [(try? Files.read(source + "/spiece.model")) ?? []],
            longest: 1 << 18
        ) { folder in
            try copy(source, to: folder + "/model")
            unlink(folder + "/model/tokenizer.json")
            return { input in
                try plainWrite(input, to: folder + "/model/spiece.model")
                try use(TokenizerLoader.load(folder: folder + "/model"))
            }
        }
    }

    static var configuration: FuzzTarget {
        checkpoint(
            "config", file: "config.json",
            seeds: ["{\"model_type\": \"t5\", \"num_layers\": 200, \"d_model\": 4096}", "{}", "[]"],
            tokens: [
                "\"d_model\"", "\"num_layers\"", "\"vocab_size\"", "65536", "1000", "true", "null",
                "\"relu\"", "0.5",
            ])
    }

    static var safetensors: FuzzTarget {
        checkpoint(
            "safetensors", file: "model.safetensors",
            seeds: ["\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}{}      "],
            tokens: [
                "\"dtype\":\"F32\"", "\"BF16\"", "\"shape\":[", "\"data_offsets\":[0,4]", "}",
                "\"__metadata__\":{}",
            ])
    }

    /// Weights that PyTorch pickled, in both containers.
    static var torchFile: FuzzTarget {
        let folder = repository("Sources/LyceumTorch/Tests/LyceumTorchTests/Fixtures/pickle/")
        let known = Files.list(folder).filter { $0.hasSuffix(".bin") }.sorted()
        return checkpoint(
            "torch-file", file: "pytorch_model.bin",
            seeds: ["\u{80}\u{2}}q\u{0}.", "PK\u{5}\u{6}"],
            more: known.compactMap { try? Files.read(folder + $0) }, instead: "model.safetensors",
            tokens: [
                "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n",
                "ccollections\nOrderedDict\n", "cos\nsystem\n",
                "storage", "archive/data.pkl", "cpu", "(", "t", "R", ".", "PK\u{1}\u{2}", "PK\u{3}\u{4}",
            ])
    }

    /// - Parameters:
    ///   - more: files of other checkpoints.
    ///   - instead: the file of the good checkpoint whose place `file` takes.
    private static func checkpoint(
        _ name: String, file: String, seeds: [String], more: [[UInt8]] = [], instead: String? = nil,
        tokens: [String]
    ) -> FuzzTarget {
        let source = repository("Tests/T5Tests/Fixtures/relu")
        return FuzzTarget(
            name, seeds: seeds, bytes: [(try? Files.read(source + "/" + file)) ?? []] + more, tokens: tokens,
            longest: 1 << 20
        ) { folder in
            try copy(source, to: folder + "/model")
            if let instead { unlink(folder + "/model/" + instead) }
            let host = PluginHost(folders: [Files.parent(of: CommandLine.arguments.first ?? ".")])
            let t5 = try host.student(named: "t5")
            return { input in
                try plainWrite(input, to: folder + "/model/" + file)
                let student = try t5.load(folder + "/model")
                let options = try Options(
                    ["max_new_tokens": 2], declared: t5.generationOptions, function: "fuzz")
                _ = try student.generate([text], options: options, job: .silent())
            }
        }
    }

    private static func use(_ tokenizer: any Tokenizer) throws {
        let ids = try tokenizer.encode(text)
        _ = try tokenizer.decode(ids)
        _ = try? tokenizer.decode([0, 1, -1, Int.max, tokenizer.vocabularySize])
    }

    private static func copy(_ source: String, to target: String) throws {
        try Files.makeFolder(target)
        for name in Files.list(source) where !Files.isFolder(source + "/" + name) {
            try plainWrite(Files.read(source + "/" + name), to: target + "/" + name)
        }
    }
}
