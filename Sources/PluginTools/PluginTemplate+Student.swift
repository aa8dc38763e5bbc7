extension PluginTemplate {
    /// A small transformer, whole: options, modules, `encode`, `decode`.
    static let student = #"""
        // An encoder-decoder transformer, small enough to be read in a sitting: options, modules, `encode` and `decode`.
        // The rest comes from `SequenceToSequenceStudent`.
        // Source: Vaswani et al., "Attention Is All You Need" (2017), with the norm before each layer.
        import LyceumKit
        import LyceumTorch

        /// The options of `student.new("__ID__", { … })`, and what config.json keeps.
        struct Configuration: SequenceToSequenceConfiguration {
            static let declarations: [OptionDeclaration] = [
                .integer("vocab_size", default: 8000, in: 16...1_000_000, unit: "pieces", "pieces of the vocabulary"),
                .integer("d_model", default: 128, in: 1...4096, "size of the states between layers"),
                .integer("num_layers", default: 2, in: 1...100, "layers of the encoder, and of the decoder"),
            ]
            var vocabularySize: Int
            let size, layers: Int
            init(_ options: Options) throws {
                vocabularySize = try options.int("vocab_size")
                (size, layers) = (try options.int("d_model"), try options.int("num_layers"))
            }

            var json: [String: Value] {
                ["vocab_size": .integer(vocabularySize), "d_model": .integer(size), "num_layers": .integer(layers)]
            }
        }

        /// Attention to a memory (its own positions, or the source), then a feed-forward network; both add to the states.
        final class Layer: Module {
            private let norms: [LayerNorm]
            private let query, key, value, mix, inner, outer: Linear
            private let dropout = Dropout(0.1)

            init(_ c: Configuration) throws {
                norms = [try LayerNorm(c.size), try LayerNorm(c.size)]
                (query, key) = (try Linear(c.size, c.size), try Linear(c.size, c.size))
                (value, mix) = (try Linear(c.size, c.size), try Linear(c.size, c.size))
                (inner, outer) = (try Linear(c.size, 4 * c.size), try Linear(4 * c.size, c.size))
                super.init()
                for (index, norm) in norms.enumerated() { register("norm.\(index)", norm) }
                let names = ["q", "k", "v", "mix", "inner", "outer", "dropout"]
                for (name, part) in zip(names, [query, key, value, mix, inner, outer, dropout]) { register(name, part) }
            }

            /// Of states [rows, length, size]: [rows, 1, length, size] each, for one head.
            typealias Memory = (keys: Tensor, values: Tensor)
            func memory(of x: Tensor) throws -> Memory {
                (try Attention.split(key(x), heads: 1), try Attention.split(value(x), heads: 1))
            }

            /// [rows, length, size] to the same; in decoding, several rows (hypotheses) may share one row of the memory.
            func callAsFunction(
                _ x: Tensor, _ memory: Memory?, mask: Tensor?, cache: KeyValueCache? = nil
            ) throws -> Tensor {
                let normed = try norms[0](x)
                var (keys, values) = try memory ?? self.memory(of: normed)
                if let cache { (keys, values) = try cache.append(keys, values) }
                let queries = try Attention.split(query(normed).view(keys.size(0), -1, x.size(2)), heads: 1)
                let scale = try 1 / Double(keys.size(3)).squareRoot()
                let mixed = try Attention.attend(queries, keys, values, bias: mask, scale: scale, dropout: dropout)
                let x = try x + dropout(mix(Attention.merge(mixed)).view(x.shape))
                return try x + dropout(outer(inner(norms[1](x)).gelu()))
            }
        }

        /// The network.
        final class __MODULE__: Module, SequenceToSequenceModel {
            static let architecture = "__ID__"
            let configuration: Configuration
            private let tokens, positions: Embedding
            private let encoder, own, source: [Layer]
            private let head: Linear

            init(_ c: Configuration) throws {
                configuration = c
                tokens = try Embedding(c.vocabularySize, c.size, deviation: 0.1)
                positions = try Embedding(512, c.size, deviation: 0.1)
                func layers() throws -> [Layer] { try (0..<c.layers).map { _ in try Layer(c) } }
                (encoder, own, source) = (try layers(), try layers(), try layers())
                head = try Linear(c.size, c.vocabularySize)
                super.init()
                register("tokens", tokens)
                register("positions", positions)
                for (name, stack) in zip(["encoder", "own", "source"], [encoder, own, source]) {
                    for (index, layer) in stack.enumerated() { register("\(name).\(index)", layer) }
                }
                register("head", head)
            }

            var decoderLayerCount: Int { configuration.layers }
            var maxPositions: Int? { 512 }

            /// [rows, length] to [rows, length, size], for positions from `first` on.
            private func embed(_ ids: Tensor, first: Int = 0) throws -> Tensor {
                try tokens(ids) + positions(Tensor.arange(first, first + ids.size(1)).to(ids.device))
            }

            func encode(_ batch: TokenBatch) throws -> EncodedSource {
                var x = try embed(batch.ids)
                let mask = try batch.paddingMask(dtype: x.dtype)
                for layer in encoder { x = try layer(x, nil, mask: mask) }
                return EncodedSource(states: x, mask: mask)
            }

            func decode(_ ids: Tensor, source encoded: EncodedSource, cache: DecoderCache?) throws -> Tensor {
                let (past, length) = (cache?.length ?? 0, try ids.size(1))
                var x = try embed(ids, first: past)
                // No position sees those after it.
                let blocked = try Tensor.full([length, past + length], -1e9, dtype: x.dtype, device: x.device)
                let future = try blocked.triu(diagonal: past + 1)
                for index in own.indices {
                    x = try own[index](x, nil, mask: future, cache: cache?.layers[index].selfAttention)
                    let memory = try cache?.layers[index].crossAttention ?? source[index].memory(of: encoded.states)
                    cache?.layers[index].crossAttention = memory
                    x = try source[index](x, memory, mask: encoded.mask)
                }
                return x
            }

            func logits(_ states: Tensor) throws -> Tensor { try head(states) }
        }

        """#
}
