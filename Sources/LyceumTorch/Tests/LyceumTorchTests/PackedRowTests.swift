import LyceumKit
import Testing

@testable import LyceumTorch

/// Rows that lie one after the other give what padded ones give.
@Suite struct PackedRowTests {
    private static let lengths = [5, 1, 9, 0, 3]
    private static let keys = [2, 7, 1, 4, 3]

    /// Rows of [total, …] in [rows, longest, …], zeros behind them.
    private func padded(_ x: Tensor, _ lengths: [Int]) throws -> Tensor {
        var start = 0
        let longest = lengths.max() ?? 0
        return try Tensor.stack(
            lengths.map { length in
                defer { start += length }
                let row = try x.narrow(dim: 0, start: start, length: length)
                let rest = try Tensor.zeros([longest - length] + x.shape.dropFirst(), dtype: x.dtype)
                return try Tensor.cat([row, rest])
            })
    }

    /// The opposite: [rows, longest, …] to [total, …].
    private func line(_ x: Tensor, _ lengths: [Int]) throws -> Tensor {
        try Tensor.cat(
            lengths.enumerated().map { row, length in
                try x.select(dim: 0, index: row).narrow(dim: 0, start: 0, length: length)
            })
    }

    @Test func aLineIsFilledUp() {
        let packing = RowPacking(Self.lengths, multiple: 8)
        #expect(packing.total == 24 && packing.longest == 9)
        #expect(packing.positions.count == 24)
        #expect(
            packing.positions.prefix(7) == [0, 1, 2, 3, 4, 0, 0]
                && packing.positions.suffix(6) == [0, 1, 2, 3, 4, 5])
        #expect(packing.line([[1], [2, 3]], padID: 9).prefix(4) == [1, 2, 3, 9])
    }

    /// Every label stands where the token before it is read, also after a target without any.
    @Test func aBatchKnowsWhereItsLabelsStand() throws {
        let targets = [[4, 5, 1], [], [6, 1]]
        func batch(_ sources: [[Int]], packed: Bool) throws -> SequenceToSequenceBatch {
            try SequenceToSequenceBatch(
                sources: sources, targets: targets, padID: 0, startID: 9, multiple: 4, packed: packed)
        }
        let sources = [[1, 2], [3], [4]]
        let (packed, padded) = (try batch(sources, packed: true), try batch(sources, packed: false))
        #expect(packed.source.ids.shape == [1, 8] && packed.decoderInput.shape == [1, 6])
        #expect(packed.targetPacking?.lengths == [3, 1, 2] && padded.targetPacking == nil)
        #expect(try packed.labels.integers() == padded.labels.integers())
        for batch in [packed, padded] {
            let read = try batch.decoderInput.flatten().indexSelect(dim: 0, indices: batch.positions)
                .integers()
            #expect(read.prefix(5) == [9, 4, 5, 9, 6])
        }
        #expect(try batch([[1], [], [2]], packed: true).source.packing == nil)
    }

    @Test(arguments: [DType.float32, .bfloat16]) func dropout(_ dtype: DType) throws {
        let packing = RowPacking(Self.lengths, multiple: 4)
        let x = try Tensor.normal([packing.total, 40], key: 1, call: 1).to(dtype)
        let draw = DropoutDraw(rate: 0.4, key: 3, call: 2, rows: [7, 3, 0, 9, 4])
        let found = try x.unsqueeze(0).dropout(draw, packing).squeeze(0)
        let real = Self.lengths.reduce(0, +)
        let expected = try line(padded(x, Self.lengths).dropout(draw), Self.lengths)
        #expect(try found.narrow(dim: 0, start: 0, length: real).equal(expected))
        #expect(throws: TorchError.self) { try x.unsqueeze(0).dropout(draw, RowPacking([99])) }
    }

    @Test(arguments: [DType.float32, .bfloat16], [true, false])
    func attention(_ dtype: DType, hasBias: Bool) throws {
        // Rows that are computed one by one, all together, and in groups.
        try attention(dtype, hasBias: hasBias, Self.lengths, Self.keys)
        try attention(dtype, hasBias: hasBias, [5, 5, 4, 5, 5], [7, 7, 7, 6, 7])
        try attention(dtype, hasBias: hasBias, [9, 9, 2, 2, 2], [7, 7, 3, 3, 3])
    }

    private func attention(
        _ dtype: DType, hasBias: Bool, _ lengths: [Int], _ keys: [Int]
    ) throws {
        let (longest, most) = (lengths.max() ?? 0, keys.max() ?? 0)
        let packing = (
            queries: RowPacking(lengths, multiple: 8), keys: RowPacking(keys, multiple: 8)
        )
        let draw = DropoutDraw(rate: 0.3, key: 3, call: 2, rows: [7, 3, 0, 9, 4])
        func leaf(_ shape: [Int], _ call: Int) throws -> Tensor {
            try Tensor.normal(shape, key: 5, call: call).to(dtype).requiresGrad(true)
        }
        func run(packed: Bool) throws -> [Tensor] {
            let (q, k, v) = (
                try leaf([packing.queries.total, 2, 4], 1), try leaf([packing.keys.total, 2, 4], 2),
                try leaf([packing.keys.total, 2, 6], 3)
            )
            let bias = hasBias ? try leaf([1, 2, longest, most], 4) : nil
            let weights = try Tensor.normal([packing.queries.total, 2, 6], key: 6, call: 1)
            let real = lengths.reduce(0, +)
            let out: Tensor
            if packed {
                out = try Tensor.attention(
                    q.unsqueeze(0).transpose(1, 2), k.unsqueeze(0).transpose(1, 2),
                    v.unsqueeze(0).transpose(1, 2), bias: bias, mask: nil, scale: 0.5, draw: draw,
                    packing: packing
                ).transpose(1, 2).squeeze(0).narrow(dim: 0, start: 0, length: real)
            } else {
                let blocked = try Tensor(
                    keys.flatMap { count in (0..<most).map { $0 < count ? 0 : Float(-1e9) } },
                    shape: [5, 1, 1, most])
                out = try line(
                    Tensor.attention(
                        padded(q, lengths).transpose(1, 2), padded(k, keys).transpose(1, 2),
                        padded(v, keys).transpose(1, 2), bias: bias, mask: blocked, scale: 0.5,
                        draw: draw
                    ).transpose(1, 2), lengths)
            }
            try (out.to(.float32) * weights.narrow(dim: 0, start: 0, length: real)).sum().backward()
            return try [out.detach()] + [q, k, v, bias].compactMap { try $0?.grad }
        }
        for (place, (a, b)) in zip(try run(packed: true), try run(packed: false)).enumerated() {
            let (a, b) = (try a.to(.float32), try b.to(.float32))
            let error = try (a - b).abs().max().item() / b.abs().max().item()
            #expect(error < (dtype == .bfloat16 ? 0.02 : 1e-5), "\(place): \(error)")
        }
        let x = try leaf([1, 2, 8, 4], 1)
        for wrong in [RowPacking([9]), RowPacking([4, 4, 1])] {
            #expect(throws: TorchError.self) {
                try Tensor.attention(
                    x, x, x, bias: nil, mask: nil, scale: 1, draw: nil, packing: (wrong, wrong))
            }
        }
        #expect(throws: TorchError.self) {
            try Tensor.attention(
                x, x, x, bias: nil, mask: nil, scale: 1, draw: nil,
                packing: (RowPacking([8]), RowPacking([4, 4])))
        }
    }
}
