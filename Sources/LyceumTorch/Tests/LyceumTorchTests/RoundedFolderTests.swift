import Foundation
import LyceumKit
import Testing

@testable import LyceumTorch

/// Folders whose weights are kept in eight bits, and weights that lie in their file.
@Suite(.enabled(if: Tensor.hasDecoderKernels)) final class RoundedFolderTests {
    typealias Tiny = SequenceToSequenceStudent<TinyTransformer>
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rounded-\(UUID())").path
    let registration = TinyTransformer.registration(uneven: true)
    let inputs = ["a small cat", "the large dog", "one red bird", "no word at all"]
    var pairs: ExampleSource { ExampleSource(inputs.map { Example(input: $0, target: $0) }) }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A student with a vocabulary and weights.
    func student() throws -> Tiny {
        let made = try registration.make(
            Options(["uneven": true], declared: registration.configuration, function: "student.new"))
        _ = try train(#require(made as? Tiny))
        return try #require(made as? Tiny)
    }

    func train(_ student: Tiny) throws -> TrainingReport {
        try student.train(
            on: pairs, validation: nil,
            options: Options(
                ["max_steps": 2, "batch_size": 2], declared: registration.trainingOptions, function: "train"),
            job: .silent())
    }

    func texts(_ student: Tiny, _ values: [String: Value]) throws -> [String] {
        let options = try Options(
            values.merging(["max_new_tokens": 8]) { own, _ in own }, declared: registration.generationOptions,
            function: "generate")
        return try student.generate(inputs, options: options, job: .silent()).map(\.text)
    }

    func error(_ body: () throws -> Void) throws -> String {
        try #require(#expect(throws: LyceumError.self) { try body() }).description
    }

    @Test func roundTrip() throws {
        let student = try student()
        let expected = try texts(student, ["precision": "int8"])
        let beams = try texts(student, ["precision": "int8", "num_beams": 3])
        try student.save(to: folder + "/small", precision: "int8")
        try student.save(to: folder + "/large")
        let file = try Safetensors.read(folder + "/small/model.safetensors")
        #expect(file.dtype(of: "head.weight") == .int8 && file.dtype(of: "head.weight_scale") == .float32)
        #expect(file.dtype(of: "norm.0.weight") == .float32)
        let small = try Tiny(folder: folder + "/small")
        // The same to the letter, by default and when asked for.
        #expect(try texts(small, [:]) == expected)
        #expect(try texts(small, ["precision": "int8"]) == expected)
        #expect(try texts(small, ["num_beams": 3]) == beams)
        #expect(small.card.contains { $0 == ("precision", "int8") })
        // Saved again it stays what it is.
        try small.save(to: folder + "/again")
        #expect(
            try Files.read(folder + "/again/model.safetensors")
                == Files.read(folder + "/small/model.safetensors"))
        let weights = try small.weights()
        let head = try #require(weights.first { $0.name == "head.weight" }?.tensor)
        #expect(head.elementType == "int8" && head.shape.count == 2)
        let original = try #require(student.weights().first { $0.name == "head.weight" }?.tensor)
        #expect(
            abs(try head.euclideanNorm() - original.euclideanNorm()) < 0.02 * (try original.euclideanNorm()))
    }

    /// A student that has left its files goes on whatever becomes of them; one that has not says so.
    @Test(arguments: ["int8", "fp32"])
    func leavesItsFiles(_ precision: String) throws {
        let place = folder + "/kept"
        try student().save(to: place, precision: precision)
        let kept = try Tiny(folder: place)
        let bound = try Tiny(folder: place)
        let expected = try texts(kept, [:])
        try kept.leaveFiles()
        #expect(truncate(place + "/model.safetensors", 10) == 0)
        #expect(try texts(kept, [:]) == expected)
        try kept.leaveFiles()
        #expect(try error { try bound.leaveFiles() }.contains("was written to"))
        try FileManager.default.removeItem(atPath: place)
        #expect(try texts(kept, [:]) == expected)
    }

    @Test func refusesWhatItCannotDo() throws {
        try student().save(to: folder + "/small", precision: "int8")
        let small = try Tiny(folder: folder + "/small")
        #expect(try error { _ = try train(small) }.contains("kept in eight bits"))
        for precision in ["fp32", "bf16"] {
            #expect(try error { _ = try texts(small, ["precision": .string(precision)]) }.contains(precision))
        }
        #expect(throws: LyceumError.self) { try small.save(to: folder + "/odd", precision: "int4") }
        // As float32, the rounded weights can be trained.
        try small.save(to: folder + "/large", precision: "fp32")
        let large = try Tiny(folder: folder + "/large")
        #expect(try texts(large, ["precision": "int8"]) == texts(small, [:]))
        #expect(try train(large).steps == 2)
        // What does not write texts works with the weights that there are.
        let loss = try small.loss(
            on: pairs, options: Options(declared: small.lossOptions, function: "loss"), job: .silent())
        #expect(loss.isFinite)
    }

    /// Requests to a session get what `generate` writes, also next to requests of another precision.
    @Test func requestsInEightBits() throws {
        let large = try student()
        try large.save(to: folder + "/small", precision: "int8")
        let small = try Tiny(folder: folder + "/small")
        for more: [String: Value] in [[:], ["num_beams": 3], ["prompt_lookup_num_tokens": 0]] {
            let expected = try texts(large, more.merging(["precision": "int8"]) { own, _ in own })
            #expect(try answers(small, inputs.map { _ in more }) == expected)
            let mixed = inputs.indices.map { index in
                more.merging(["precision": index == 2 ? "fp32" : "int8"]) { own, _ in own }
            }
            let answers = try answers(large, mixed)
            for index in inputs.indices where index != 2 { #expect(answers[index] == expected[index]) }
            #expect(
                try answers[2] == texts(large, more.merging(["precision": "fp32"]) { own, _ in own })[2])
        }
        #expect(try error { _ = try answers(small, [["precision": "bf16"]]) }.contains("eight bits"))
    }

    /// The texts that a session writes for the first inputs, each with its options; a new one comes at every step.
    func answers(_ student: Tiny, _ requests: [[String: Value]]) throws -> [String] {
        let session = try student.decodingSession()
        var (numbers, found): ([Int], [Int: String]) = ([], [:])
        for step in 0..<40 {
            if step < requests.count {
                let options = try Options(
                    requests[step].merging(["max_new_tokens": 8]) { own, _ in own },
                    declared: registration.generationOptions, function: "generate")
                numbers.append(try session.add(inputs[step], options: options))
            }
            for event in try session.step() {
                if case .finished(let text, _, _) = event.progress { found[event.request] = text.text }
            }
        }
        return numbers.map { found[$0] ?? "not answered" }
    }

    @Test func classifies() throws {
        let made = try registration.make(
            Options(
                ["uneven": true, "task": "classify"], declared: registration.configuration,
                function: "student.new"))
        let student = try #require(made as? Tiny)
        _ = try student.train(
            on: ExampleSource(inputs.map { Example(input: $0, target: $0.contains("the") ? "yes" : "no") }),
            validation: nil,
            options: Options(
                ["max_steps": 4, "batch_size": 4], declared: registration.trainingOptions, function: "train"),
            job: .silent())
        func classes(_ student: Tiny, _ values: [String: Value]) throws -> [Classification] {
            try student.classify(
                inputs,
                options: Options(
                    values, declared: registration.classificationOptions, function: "classify"),
                job: .silent())
        }
        try student.save(to: folder + "/small", precision: "int8")
        let small = try Tiny(folder: folder + "/small")
        for (answer, exact) in zip(try classes(small, [:]), try classes(student, ["precision": "fp32"])) {
            #expect(answer.probabilities.map(\.label) == exact.probabilities.map(\.label))
            for (one, other) in zip(answer.probabilities, exact.probabilities) {
                #expect(abs(one.probability - other.probability) < 0.1)
            }
        }
        #expect(try error { _ = try classes(small, ["precision": "fp32"]) }.contains("eight bits"))
    }

    @Test(arguments: ["no scale", "short scale", "odd scale", "odd type", "foreign"])
    func damage(_ kind: String) throws {
        let path = folder + "/small/model.safetensors"
        try student().save(to: folder + "/small", precision: "int8")
        var tensors = try Safetensors.read(path).tensors().mapValues { try $0.clone() }
        let (name, scale) = ("head.weight", "head.weight_scale")
        var expected = name
        switch kind {
        case "no scale": tensors[scale] = nil
        case "short scale": tensors[scale] = try .ones([3])
        case "odd scale": tensors[scale] = try #require(tensors[scale]) * Double.nan
        case "odd type":
            expected = "norm.0.weight"
            tensors[expected] = try #require(tensors[expected]).to(.int8)
        default:
            expected = "bitsandbytes"
            let config = folder + "/small/config.json"
            let text = String(decoding: try Files.read(config), as: UTF8.self)
            try Files.write(text.replacing("lyceum-int8", with: expected), to: config)
        }
        try FileManager.default.removeItem(atPath: path)
        try Safetensors.write(tensors, to: path)
        let text = try error { _ = try Tiny(folder: folder + "/small") }
        #expect(text.contains(expected) && text.contains(folder), "\(kind): \(text)")
    }

    /// Weights are not copied when they are loaded; somebody who writes over the file must not change or end a student.
    @Test func weightsLieInTheirFile() throws {
        try student().save(to: folder + "/large")
        let (kept, trained) = (try Tiny(folder: folder + "/large"), try Tiny(folder: folder + "/large"))
        let before = try texts(kept, [:])
        _ = try train(trained)
        let after = try texts(trained, [:])
        // Training changed its own copy, not the file.
        #expect(try texts(Tiny(folder: folder + "/large"), [:]) == before)
        // A folder that takes the place of the first does no harm.
        try trained.save(to: folder + "/large")
        #expect(try texts(kept, [:]) == before)
        let written = try Tiny(folder: folder + "/large")
        let handle = try #require(FileHandle(forWritingAtPath: folder + "/large/model.safetensors"))
        try handle.truncate(atOffset: 100)
        try handle.close()
        #expect(try error { _ = try texts(written, [:]) }.contains("written to"))
        #expect(try texts(trained, [:]) == after)
    }
}
