import Foundation
import LyceumKit
import Testing

@testable import LyceumTorch

/// Finding, checking and loading the weights of checkpoint folders.
@Suite final class CheckpointTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoint-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// What opening the folder says.
    func problem() throws -> String {
        try #require(#expect(throws: LyceumError.self) { _ = try Checkpoint.open(self.folder) }).description
    }

    func write(_ text: String, _ name: String) throws { try Files.write(text, to: folder + "/" + name) }

    func write(_ tensors: [String: Tensor], _ name: String) throws {
        try Safetensors.write(tensors, to: folder + "/" + name)
    }

    /// Two files and an index that puts `map` where they are.
    func writeShards(_ map: [String: Value]) throws {
        try write(["a": .ones([2])], "model-00001-of-00002.safetensors")
        try write(["b": .full([3], 2)], "model-00002-of-00002.safetensors")
        try write(
            JSON.encode(["metadata": ["total_size": 20], "weight_map": .object(map)]),
            "model.safetensors.index.json")
    }

    @Test func oneFileIsPreferred() throws {
        try writeShards(["a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"])
        try write(["x": .ones([2])], "model.safetensors")
        let checkpoint = try Checkpoint.open(folder)
        #expect(checkpoint.names == ["x"] && checkpoint.source == folder + "/model.safetensors")
        #expect(throws: LyceumError.self) { try checkpoint.tensor("a") }
    }

    @Test func shardsAreOneCheckpoint() throws {
        try writeShards(["a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"])
        let checkpoint = try Checkpoint.open(folder)
        #expect(checkpoint.names == ["a", "b"])
        #expect(checkpoint.shape(of: "b") == [3] && checkpoint.dtype(of: "a") == .float32)
        #expect(try checkpoint.tensor("b").floats() == [2, 2, 2])
    }

    @Test(
        arguments: [
            (["a": "model-00001-of-00002.safetensors"], "is not a checkpoint"),
            (
                ["a": "model-00001-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"],
                "missing: c"
            ),
            (["b": "model-00001-of-00002.safetensors"], "missing: b; not in the index: a"),
            (["a": "model-00003-of-00003.safetensors"], "model-00003-of-00003.safetensors: is missing"),
            (["a": "../model.safetensors"], "not a .safetensors file next to it"),
            (["a": "/etc/passwd"], "not a .safetensors file next to it"),
            (["a": 3], "names 3 as a file"), ([:], "has no weight_map"),
        ] as [([String: Value], String)])
    func indexesThatDoNotFitAreRefused(map: [String: Value], reason: String) throws {
        try writeShards(map)
        guard reason != "is not a checkpoint" else {
            // A file that the index does not name plays no part.
            #expect(try Checkpoint.open(folder).names == ["a"])
            return
        }
        let text = try problem()
        #expect(text.contains(reason), "\(text)")
    }

    @Test func whatIsNoCheckpointIsSaidSo() throws {
        #expect(try problem().contains("is not a checkpoint: it holds neither model.safetensors"))
        try write("", "adapter_model.safetensors")
        #expect(try problem().contains("holds adapter_model.safetensors but neither"))
        try write("", "flax_model.msgpack")
        #expect(try problem().contains("M.from_pretrained('.', from_flax=True)"))
        try write("", "pytorch_model-00001-of-00002.bin")
        #expect(try problem().contains("import AutoModel as M"))
        try write(#"{"architectures": ["T5ForConditionalGeneration"]}"#, "config.json")
        let text = try problem()
        #expect(
            text.contains("its weights are in pytorch_model-00001-of-00002.bin, and only pytorch_model.bin"))
        #expect(
            text.contains("import T5ForConditionalGeneration as M; M.from_pretrained('.').save_pretrained("))
        try write(#"{"architectures": ["os; x"]}"#, "config.json")
        #expect(try problem().contains("import AutoModel as M"))
        try write("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "model.safetensors")
        let pointer = try problem()
        #expect(
            pointer.contains("is a Git LFS pointer, not the file itself") && pointer.contains("git lfs pull"))
        for path in [folder + "/none", folder + "/config.json"] {
            #expect(throws: LyceumError.self) { try Checkpoint.open(path) }
        }
    }

    @Test(arguments: [DType.float16, .bfloat16, .float32, .float64])
    func anyFloatingPointTypeIsConverted(dtype: DType) throws {
        try write(
            ["weight": Tensor([1.5, -2, 0.25, 4] as [Float], shape: [2, 2]).to(dtype)], "model.safetensors")
        let linear = try Initializer.withoutDrawing {
            try Linear(weight: Initializer.normal([2, 2], deviation: 1))
        }
        #expect(try linear.weight.tensor.floats() == [0, 0, 0, 0])
        try linear.load(Checkpoint.open(folder))
        #expect(try linear.weight.tensor.floats() == [1.5, -2, 0.25, 4])
        #expect(linear.weight.tensor.dtype == .float32 && linear.weight.tensor.requiresGrad)
        for bad in [Double.nan, .infinity, -.infinity] {
            try write(["weight": Tensor([1, 2, bad, 4], shape: [2, 2]).to(dtype)], "model.safetensors")
            let error = #expect(throws: LyceumError.self) { try linear.load(Checkpoint.open(self.folder)) }
            #expect(error?.description.contains("not finite: weight") == true)
        }
    }

    @Test func longListsAreCut() throws {
        let tensors = try (0..<8).map { ("x\($0)", try Tensor.zeros([1])) }
        try write(Dictionary(uniqueKeysWithValues: tensors), "model.safetensors")
        let error = #expect(throws: LyceumError.self) {
            try Linear(weight: .ones([1, 1])).load(Checkpoint.open(self.folder))
        }
        let text = try #require(error?.description)
        #expect(text.contains("missing: weight; unknown to this architecture: x0, x1, x2, x3, x4 and 3 more"))
    }

    /// A network whose checkpoints write "model." before every name, or leave it out.
    @Test(
        arguments: [
            (["model.a", "model.b"], ["model.a": "model.a", "model.b": "model.b"], []),
            (["a", "b"], ["model.a": "a", "model.b": "b"], []),
            (["a", "model.a", "b"], ["model.a": "model.a", "model.b": "b"], ["a"]),
            (["a", "b", "head", "old"], ["model.a": "a", "model.b": "b"], []),
            (["b", "head"], ["model.a": "head", "model.b": "b"], []),
            (["model.b", "model.copy"], ["model.a": "model.copy", "model.b": "model.b"], []),
            (["model.a", "model.model.b", "c"], ["model.a": "model.a", "model.b": "model.model.b"], ["c"]),
            (["model.old"], [:], []),
        ] as [([String], [String: String], [String])])
    func namesAreMatched(held: [String], expected: [String: String], surplus: [String]) {
        let names = WeightNames(
            prefix: "model.", tied: ["head": "model.a", "model.copy": "model.a"], ignored: ["model.old"])
        let matching = names.match(held, to: ["model.a", "model.b"])
        #expect(matching.names == expected)
        #expect(matching.surplus == surplus)
    }

    @Test func aNetworkWithAHeadOfItsOwnReadsIt() {
        let names = WeightNames(tied: ["head": "shared"])
        let matching = names.match(["shared", "head"], to: ["shared", "head"])
        #expect(matching.names == ["shared": "shared", "head": "head"] && matching.surplus.isEmpty)
        #expect(names.match(["head"], to: ["shared", "head"]).names == ["head": "head"])
    }

    /// While a checkpoint is still open, what has been copied out of it takes no memory any more.
    @Test func loadingGivesTheMemoryOfTheFileBack() throws {
        let size = 1 << 20
        try write(["weight": .ones([1, size])], "model.safetensors")
        let checkpoint = try Checkpoint.open(folder)
        #expect(try checkpoint.tensor("weight").sum().item() == Double(size))
        #expect(try residentBytes(of: "model.safetensors") >= 4 * size)
        let linear = try Linear(weight: .zeros([1, size]))
        try linear.load(checkpoint)
        #expect(try residentBytes(of: "model.safetensors") <= 3 * 4096)
        #expect(try linear.weight.tensor.sum().item() == Double(size))
        #expect(checkpoint.names == ["weight"])
    }

    /// How much of a mapped file is in this process's memory.
    private func residentBytes(of name: String) throws -> Int {
        let maps = String(decoding: try Files.read("/proc/self/smaps"), as: UTF8.self)
        var isWanted = false
        var sum = 0
        for line in maps.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first?.contains("-") == true { isWanted = line.hasSuffix(folder + "/" + name) }
            if isWanted, words.first == "Rss:", words.count > 1 { sum += 1024 * (Int(words[1]) ?? 0) }
        }
        return sum
    }
}
