// Release builds, which have no tests, do not let anybody see what is internal.
#if DEBUG
    import LyceumKit
    import Testing

    @testable import LyceumTorch

    /// What scripts/fixtures/decoding.py wrote next to a checkpoint: options, and what transformers makes of them.
    public struct DecodingParity<Model: SequenceToSequenceModel> {
        /// The student of the checkpoint.
        public let student: SequenceToSequenceStudent<Model>
        /// Its network.
        public let model: Model
        /// What it reads.
        public let sources: [[Int]]
        private let document: [String: Value]
        private let tensors: [String: Tensor]
        private let folder: String

        /// Loads a checkpoint and what was computed with it.
        public init(folder: String) throws {
            self.folder = folder
            student = try SequenceToSequenceStudent<Model>(folder: folder)
            model = try #require(student.model)
            let inputs = try #require(
                try Safetensors.read(folder + "/expected.safetensors").tensors()["input_ids"])
            sources = try inputs.rows(without: model.padID)
            document = try #require(
                JSON.decode(Files.read(folder + "/decoding.json"), name: "decoding.json").object)
            tensors = try Safetensors.read(folder + "/decoding.safetensors").tensors()
        }

        /// The checkpoint's options overridden by `given`, which may name keys that only a checkpoint has.
        private func options(_ given: [String: Value]) throws -> DecodingOptions {
            let declared = DecodingOptions.declarations
            let names = Set(declared.map(\.name))
            let configuration = try GenerationConfiguration(
                student.generation.values.merging(given) { old, new in new }, source: folder)
            let typed = given.filter { names.contains($0.key) }
            return try DecodingOptions(
                Options(typed, declared: declared, function: "generate"), configuration: configuration)
        }

        /// Token for token, in one batch and one by one: padding and dropped rows must not show.
        public func expectSameTokens() throws {
            let cases = try #require(document["cases"]?.object)
            #expect(cases.count >= 19)
            for (name, example) in cases.sorted(by: { $0.key < $1.key }) {
                let options = try options(#require(example.object?["options"]?.object))
                let expected = try #require(example.object?["tokens"]?.list).map {
                    try #require($0.list).compactMap(\.integer)
                }
                for batchSize in [8, 1] {
                    let texts = try Generator.generate(
                        model, sources: sources, batchSize: batchSize, options: options, job: .silent())
                    #expect(texts == expected, "\(folder), \(name), batch size \(batchSize)")
                }
            }
        }

        /// The scores that a draw is made of, at each step of texts that transformers drew.
        public func expectSameDistributions() throws {
            let cases = try #require(document["sampling"]?.object)
            #expect(cases.count >= 4)
            for (name, given) in cases {
                let more: [String: Value] = [
                    "do_sample": true, "max_new_tokens": 6, "num_beams": 1, "min_length": 0,
                ]
                var all = try #require(given.object).merging(more) { _, new in new }
                if all["no_repeat_ngram_size"] == nil { all["no_repeat_ngram_size"] = 0 }
                let processor = LogitsProcessor(try options(all), model)
                let tokens = try #require(tensors[name + ".tokens"]).rows()
                let expected = try #require(tensors[name + ".scores"])
                try noGrad {
                    let source = try model.encode(TokenBatch(sources, padID: model.padID))
                    for step in 0..<(try expected.size(0)) {
                        let texts = tokens.map { Array($0[1..<step + 1]) }
                        let states = try model.decode(
                            TokenBatch(tokens.map { $0.prefix(step + 1) }, padID: model.padID).ids,
                            source: source,
                            cache: nil)
                        let raw = try model.logits(states.select(dim: 1, index: step))
                        let scores = try raw.withScores { rows in
                            for (row, text) in texts.enumerated() {
                                processor.apply(to: rows[row], text: text)
                            }
                            return Array(rows.all)
                        }
                        let reference = try expected.select(dim: 0, index: step).floats()
                        let isSame = zip(scores, reference).allSatisfy { own, other in
                            own.isFinite == other.isFinite
                                && (!own.isFinite || abs(own - other) < 1e-4 + 1e-4 * abs(other))
                        }
                        #expect(isSame, "\(folder), \(name), step \(step)")
                    }
                }
            }
        }

        /// Draws that depend on the seed and on nothing next to them.
        public func expectRepeatableDraws() throws {
            for beams in [1, 3] {
                func draw(_ seed: Int, batchSize: Int) throws -> [[Int]] {
                    let options = try options([
                        "do_sample": true, "seed": .integer(seed), "num_beams": .integer(beams), "top_k": 20,
                        "num_return_sequences": 3, "max_new_tokens": 12, "no_repeat_ngram_size": 0,
                    ])
                    return try Generator.generate(
                        model, sources: sources, batchSize: batchSize, options: options, job: .silent())
                }
                let first = try draw(1, batchSize: 8)
                #expect(first.count == 3 * sources.count && Set(first).count > sources.count)
                #expect(try draw(1, batchSize: 2) == first)
                #expect(try draw(2, batchSize: 8) != first)
            }
        }

        /// The searches on the second device of `DeviceTrial`.
        public func expectSearchesFollow() throws {
            try DeviceTrial.expectComputesThere(model) {
                try expectSameTokens()
                try expectRepeatableDraws()
            }
        }
    }
#endif
