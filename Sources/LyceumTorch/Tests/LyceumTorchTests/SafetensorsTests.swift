import Foundation
import LyceumKit
import Testing

@testable import LyceumTorch

/// dtypes.safetensors was written by Hugging Face's Python library (scripts/fixtures/torch_ops.py).
@Suite final class SafetensorsTests {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("safetensors-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// What the reader says about a file of these bytes.
    func problem(of bytes: [UInt8]) throws -> String {
        let path = folder + "/\(UUID()).safetensors"
        try Files.write(bytes, to: path)
        do {
            _ = try Safetensors.read(path).tensors()
            return "no error"
        } catch let error as LyceumError {
            guard case .file(path, nil, let problem, _) = error else { return "another error: \(error)" }
            return problem
        }
    }

    /// A file with this header and `count` zeros after it.
    func bytes(_ header: String, data count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
            + Array(repeating: 0, count: count)
    }

    @Test func readsWhatPythonWrote() throws {
        let file = try Safetensors.read(fixture("dtypes.safetensors"))
        #expect(file.metadata == ["format": "pt"])
        #expect(file.names.count == 14)
        for dtype in DType.allCases {
            let tensor = try file.tensor("of \(dtype)")
            #expect(tensor.dtype == dtype && tensor.shape == [2, 3])
            #expect(file.dtype(of: "of \(dtype)") == dtype && file.shape(of: "of \(dtype)") == [2, 3])
        }
        #expect(try file.tensor("of float32").floats() == [-2.5, 0, 1, 3, 100, 0.1])
        #expect(try file.tensor("of int8").integers() == [-2, 0, 1, 3, 100, 0])
        #expect(try file.tensor("of bool").bools() == [false, false, true, true, true, true])
        #expect(try file.tensor("scalar").item() == 1.5)
        #expect(try file.tensor("empty").shape == [0, 3])
        #expect(try file.tensor("quoted \" \\ \n\u{1} é 🙂").floats() == [1])
        #expect(throws: LyceumError.self) { try file.tensor("of float23") }
    }

    @Test func writesTheSameBytesAsPython() throws {
        let path = try fixture("dtypes.safetensors")
        let copy = folder + "/copy.safetensors"
        try Safetensors.write(Safetensors.read(path).tensors(), to: copy)
        #expect(FileManager.default.contentsEqual(atPath: path, andPath: copy))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["copy.safetensors"])
    }

    @Test func mapsWithoutCopyingAndNeverChangesTheFile() throws {
        let path = folder + "/mapped.safetensors"
        try Safetensors.write(["a": Tensor([1, 2, 3] as [Float])], to: path, metadata: [:])
        let before = FileManager.default.contents(atPath: path)
        let (first, second) = try {
            let file = try Safetensors.read(path)
            return (try file.tensor("a"), try file.tensor("a"))
        }()
        #expect(try first.withUnsafeBytes { $0.baseAddress } == second.withUnsafeBytes { $0.baseAddress })
        try first.mul_(2)
        #expect(try second.floats() == [2, 4, 6])
        #expect(FileManager.default.contents(atPath: path) == before)
        try Safetensors.write(["a": Tensor.zeros([1])], to: path)
        #expect(try second.floats() == [2, 4, 6])
    }

    @Test func copiesWhatLiesCrooked() throws {
        let header =
            #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#
        let path = folder + "/crooked.safetensors"
        try Files.write(bytes(header, data: 5), to: path)
        #expect(try Safetensors.read(path).tensor("f").floats() == [0])
    }

    @Test func writesViewsAndRefusesSharedMemory() throws {
        let path = folder + "/views.safetensors"
        let matrix = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
        try Safetensors.write([("t", matrix.transpose(0, 1)), ("row", matrix[1])], to: path)
        #expect(try Safetensors.read(path).tensor("t").floats() == [1, 3, 2, 4])
        #expect(try Safetensors.read(path).tensor("row").floats() == [3, 4])
        let error = #expect(throws: LyceumError.self) {
            try Safetensors.write(["head": matrix, "shared": matrix], to: path)
        }
        #expect(error?.description.contains("'head' and 'shared'") == true)
        #expect(throws: LyceumError.self) {
            try Safetensors.write([("a", matrix), ("a", matrix.clone())], to: path)
        }
        #expect(throws: LyceumError.self) {
            try Safetensors.write(["a": matrix], to: folder + "/no/such/folder")
        }
    }

    @Test func namesWhatIsWrongWithAFile() throws {
        let good = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        #expect(try problem(of: bytes(good, data: 8)) == "no error")
        #expect(try problem(of: bytes(good + "   ", data: 8)) == "no error")
        #expect(try problem(of: []) == "is not a safetensors file: it has only 0 bytes")
        #expect(try problem(of: Array(repeating: 0xFF, count: 20)).contains("header would be"))
        #expect(
            try problem(of: Array(bytes(good, data: 8).prefix(20)))
                == "is cut short: 42 of its 62 bytes are missing")
        #expect(try problem(of: bytes(good, data: 5)) == "is cut short: 3 of its 70 bytes are missing")
        #expect(try problem(of: bytes(good, data: 9)) == "has 1 bytes after its last tensor")
        #expect(try problem(of: bytes("[]", data: 0)) == "its header does not begin with '{'")
        for broken in ["{}{}", #"{"a":{"#, #"{"a":1,}"#, "{", #"{"a"}"#] {
            #expect(try problem(of: bytes(broken, data: 0)).contains("its header is not valid JSON"))
        }
        for wrong in [#"{"a":1}"#, #"{"a":[]}"#, #"{"__metadata__":"pt"}"#] {
            #expect(try problem(of: bytes(wrong, data: 0)).contains("is not an object"))
        }
        #expect(try problem(of: bytes(#"{"__metadata__":{"k":1}}"#, data: 0)).contains("is not a string"))
    }

    /// A second tensor's entry after a first that takes the bytes 0 ..< 8 of 16.
    @Test(arguments: [
        (#""dtype":"F32","shape":[2],"data_offsets":[4,12]"#, "overlaps"),
        (#""dtype":"F32","shape":[2],"data_offsets":[12,20]"#, "leaves a hole"),
        (#""dtype":"F32","shape":[3],"data_offsets":[8,16]"#, "does not fit"),
        (#""dtype":"F64","shape":[1152921504606846976],"data_offsets":[8,8]"#, "does not fit"),
        (#""dtype":"F32","shape":[2],"data_offsets":[16,8]"#, "not [begin, end]"),
        (#""dtype":"F32","shape":[2],"data_offsets":[8]"#, "not [begin, end]"),
        (#""dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[8,16]"#, "impossible shape"),
        (
            #""dtype":"F32","shape":[99999999999999999999],"data_offsets":[8,16]"#,
            "whole number from 0 to \(Int.max)"
        ),
        (#""dtype":"F32","shape":[-2],"data_offsets":[8,16]"#, "whole number"),
        (#""dtype":"F32","shape":[2.0],"data_offsets":[8,16]"#, "whole number"),
        (#""dtype":"F32","shape":2,"data_offsets":[8,16]"#, "shape that is not a list"),
        (#""dtype":4,"shape":[2],"data_offsets":[8,16]"#, "dtype that is not a string"),
        (#""dtype":"F8_E4M3","shape":[8],"data_offsets":[8,16]"#, "has the dtype F8_E4M3"),
        (#""dtype":"F32","shape":[2]"#, "lacks dtype"),
        (#""dtype":"F32","dtype":"F32""#, "the key 'dtype' occurs twice"),
        (#""dtype":"F32","shape":[2],"data_offsets":[8,16],"x":1"#, "unknown key 'x'"),
    ])
    func namesWhatIsWrongWithAHeader(second: String, reason: String) throws {
        let first = #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#
        let found = try problem(of: bytes(#"{"a":\#(first),"b":{\#(second)}}"#, data: 16))
        #expect(found.contains(reason), "\(found)")
    }

    @Test func refusesNamesThatOccurTwice() throws {
        let entry = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
        #expect(
            try problem(of: bytes(#"{"a":\#(entry),"a":\#(entry)}"#, data: 0)).contains("'a' occurs twice"))
        #expect(
            try problem(of: bytes(#"{"a":\#(entry),"\u0061":\#(entry)}"#, data: 0)).contains(
                "'a' occurs twice"))
        #expect(
            try problem(of: bytes(#"{"__metadata__":{"k":"1","k":"2"}}"#, data: 0)).contains(
                "'k' occurs twice"))
        #expect(try problem(of: bytes(#"{"\ud800":\#(entry)}"#, data: 0)).contains("not valid JSON"))
    }

    @Test func missingFilesAndFoldersAreErrors() {
        #expect(throws: LyceumError.self) { try Safetensors.read(folder + "/none.safetensors") }
        #expect(throws: LyceumError.self) { try Safetensors.read(folder) }
    }

    @Test func everyCutIsNoticed() throws {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: fixture("dtypes.safetensors"))))
        for length in stride(from: 0, to: whole.count, by: 7) {
            #expect(try problem(of: Array(whole[..<length])) != "no error", "the first \(length) bytes")
        }
    }
}
