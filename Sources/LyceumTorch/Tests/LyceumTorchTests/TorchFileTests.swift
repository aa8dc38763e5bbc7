import Foundation
import LyceumKit
import Testing

@testable import LyceumTorch

/// Files of `torch.save`, which scripts/fixtures/torch_files.py writes: read without running a pickle.
@Suite final class TorchFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("torch-file-\(UUID())")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func pickle(_ name: String) throws -> String { try fixture("pickle/" + name) }

    /// Both containers and all protocols give the weights that PyTorch wrote.
    @Test(arguments: ["zip.bin", "old.bin", "protocol4.bin", "protocol5-old.bin"])
    func weights(_ name: String) throws {
        let file = try TorchFile(path: pickle(name))
        let expected = try Safetensors.read(pickle("expected.safetensors"))
        #expect(file.names.sorted() == expected.names.sorted())
        for name in expected.names {
            let tensor = try file.tensor(name)
            #expect(tensor.shape == expected.shape(of: name) && file.shape(of: name) == tensor.shape)
            #expect(tensor.dtype == expected.dtype(of: name) && file.dtype(of: name) == tensor.dtype)
            #expect(try tensor.doubles() == expected.tensor(name).doubles(), "\(name)")
            file.release(name)
            #expect(try file.tensor(name).doubles() == expected.tensor(name).doubles(), "\(name)")
        }
        #expect(throws: LyceumError.self) { try file.tensor("none") }
    }

    /// A checkpoint folder: one file, or shards with their index; safetensors come first.
    @Test func folders() throws {
        let expected = try Safetensors.read(pickle("expected.safetensors"))
        let sharded = try Checkpoint.open(fixture("pickle"))
        #expect(sharded.names.sorted() == expected.names.sorted())
        for name in expected.names {
            #expect(try sharded.tensor(name).doubles() == expected.tensor(name).doubles())
        }
        try FileManager.default.copyItem(atPath: try pickle("old.bin"), toPath: folder + "/pytorch_model.bin")
        #expect(try Checkpoint.open(folder).names.count == expected.names.count)
        try Safetensors.write(["x": .ones([1])], to: folder + "/model.safetensors")
        #expect(try Checkpoint.open(folder).names == ["x"])
    }

    /// What asks for more than weights need is refused by name, and nothing of it runs.
    @Test(
        arguments: [
            ("command.bin", "asks for posix.system, which is not one of the few names"),
            ("command-old.bin", "asks for __builtin__.eval"),
            ("module.bin", "asks for torch.nn.modules.linear.Linear"),
            ("int16.bin", "asks for torch.ShortStorage"),
            ("sparse.bin", "asks for torch._utils._rebuild_sparse_tensor"),
            ("training.bin", "'epoch' in it is a number, not a tensor"),
            ("plain.bin", "is not a file of torch.save"),
            ("expected.safetensors", "is not a file of torch.save"),
        ])
    func refusals(_ name: String, _ reason: String) throws {
        let error = try #require(#expect(throws: LyceumError.self) { try TorchFile(path: self.pickle(name)) })
        #expect("\(error)".contains(reason) && "\(error)".contains(name), "\(error)")
        #expect(!FileManager.default.fileExists(atPath: "/tmp/lyceum-pickle-ran"))
    }

    /// Reads every tensor of a file of these bytes; the reason if it is refused.
    private func refusal(of bytes: [UInt8]) throws -> String? {
        let path = folder + "/fuzzed.bin"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do {
            let file = try TorchFile(path: path)
            for name in file.names {
                let tensor = try file.tensor(name)
                guard tensor.shape == file.shape(of: name) else { return "not what it says" }
                _ = try tensor.doubles()
            }
            return nil
        } catch let error as LyceumError {
            guard case .file(_, _, let problem, _) = error, !problem.isEmpty else { return "\(error)" }
            return problem
        }
    }

    /// Damaged files give tensors or a `LyceumError`, never a crash; `LYCEUM_FUZZ` sets how many are tried.
    @Test func survivesMutations() throws {
        let count = ProcessInfo.processInfo.environment["LYCEUM_FUZZ"].flatMap(Int.init) ?? 3000
        let seeds = try ["zip.bin", "old.bin", "protocol4.bin"].map { try Files.read(pickle($0)) }
        var mutator = Mutator(seed: 11)
        var read = 0
        for index in 0..<count {
            let reason = try refusal(of: mutator.mutate(seeds[index % seeds.count]))
            if reason == nil { read += 1 }
            try #require(reason != "not what it says")
        }
        #expect(read > count / 100 && read < count)
    }

    /// Every prefix of a file is refused: a download that was cut never loads as something else.
    @Test(arguments: ["zip.bin", "old.bin"])
    func cutFiles(_ name: String) throws {
        let bytes = try Files.read(pickle(name))
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(try refusal(of: Array(bytes[..<length])) != nil, "\(length)")
        }
    }

    /// The old container with a pickle of our own.
    private func old(_ pickle: String, keys: [UInt8] = Array("]q\0.".utf8), data: [UInt8] = []) -> [UInt8] {
        let head: [UInt8] = [
            0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
        ]
        let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 3, 0x2E]
        let machine: [UInt8] = [0x80, 2, 0x7D, 0x2E]
        return head + version + machine + pickle.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            + [0x80, 2]
            + keys + data
    }

    @Test func picklesMadeToHarmAreRefused() throws {
        // Endless nesting, circles, marks without end, pieces that are not there.
        for pickle in [
            "\u{80}\u{2}" + String(repeating: "]", count: 100_000) + String(repeating: "a", count: 99_999)
                + ".",
            "\u{80}\u{2}" + String(repeating: "(", count: 100_000), "\u{80}\u{2}}q\u{0}h\u{0}h\u{0}s.",
            "\u{80}\u{2}h\u{7}.", "\u{80}\u{2}.", "\u{80}\u{2}t.", "\u{80}\u{2}Nb.", "\u{80}\u{2}NNR.",
            "\u{80}\u{2}NQ.",
            "\u{80}\u{2}ccollections\nOrderedDict\n]Nas.", "\u{80}\u{9}N.",
            "\u{80}\u{2}X\u{FF}\u{FF}\u{FF}\u{FF}a.",
            "\u{80}\u{2}cos\nsystem\n(X\u{1}\u{0}\u{0}\u{0}xtR.", "\u{80}\u{2}\u{81}.", "\u{80}\u{2}i.",
            "\u{80}\u{2}o.",
        ] { #expect(try refusal(of: old(pickle)) != nil, "\(pickle.prefix(40).debugDescription)") }
        // Very many values: bounded, and soon over.
        #expect(
            try refusal(of: old("\u{80}\u{2}" + String(repeating: "N", count: 5_000_000)))?.contains(
                "more values") == true)
    }
}
