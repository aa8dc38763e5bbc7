import LuaBridge
import LyceumKit
import TestSupport
import Testing

/// A checkpoint saved both ways, model.safetensors and pytorch_model.bin, is one student: the folders of
/// scripts/fixtures/torch_files.py, with the weights of one kind taken out.
@Suite struct TorchFileStudentTests {
    @Test(arguments: ["T5Tests/Fixtures/relu", "BARTTests/Fixtures/tiny", "BERTTests/Fixtures/classifier"])
    func bothWays(_ name: String) throws {
        let source = Files.parent(of: Files.parent(of: #filePath)) + "/" + name
        try withFolder { folder in
            for (kind, left) in [("safe", "pytorch_model.bin"), ("torch", "model.safetensors")] {
                let target = folder + "/" + kind
                try Files.makeFolder(target)
                for file in Files.list(source)
                where file != left && !file.hasPrefix("expected") && !Files.isFolder(source + "/" + file) {
                    try Files.write(try Files.read(source + "/" + file), to: target + "/" + file)
                }
            }
            try makeState().run(
                """
                local a, b = student.load("\(folder)/safe"), student.load("\(folder)/torch")
                local weights = a:weights()
                assert(#weights > 10 and #weights == #b:weights())
                for i, w in ipairs(b:weights()) do
                    assert(w.name == weights[i].name and w.norm == weights[i].norm, w.name)
                end
                """, name: "test")
        }
    }
}
