internal import CTorch

/// The rows of a batch in which each may have read another number of tokens: where the keys and values of their past lie.
///
/// Keys and values are written once, into a slot of their row. Hypotheses that change places take over whose slots their
/// past lies in, by index; nothing is copied, and a row that is done leaves at once.
final class DecoderRows {
    /// A hypothesis.
    private struct Row {
        /// Where it writes.
        let slot: Int
        /// Tokens read.
        var length: Int
        /// The number of its source.
        let source: Int
    }

    /// What one layer remembers.
    private struct Layer {
        /// [slots, heads, capacity, size] each.
        var own: (keys: Tensor, values: Tensor)?
        /// By source: [heads, length, size] each.
        var sources: [Int: (keys: Tensor, values: Tensor)] = [:]
    }

    /// Sources that were read together.
    private struct Arrival {
        let states: Tensor
        /// The numbers of the sources and how long they are.
        let sources: [(number: Int, length: Int)]
    }

    private var rows: [Row] = []
    private var layers: [Layer]
    /// Positions that a slot has room for.
    private var capacity = 0
    private var slotCount = 0
    private var freeSlots: [Int] = []
    /// By row and position, the slot: [rows, capacity].
    private var table: [Int32] = []
    /// Of which the layers have made no keys and values yet.
    private var arrivals: [Arrival] = []
    private var lastSource = 0
    /// The tokens of the step under way.
    private var steps = 1

    init(layers: Int) { self.layers = (0..<layers).map { _ in Layer() } }

    /// How many tokens each row has read.
    var lengths: [Int] { rows.map(\.length) }

    /// Adds sources and, for each, some rows that have read nothing.
    ///
    /// - Parameters:
    ///   - states: [sources, length, size].
    ///   - lengths: how long each source is.
    ///   - counts: how many rows it has.
    func join(_ states: Tensor, lengths: [Int], counts: [Int]) {
        let numbers = lengths.indices.map { lastSource + 1 + $0 }
        lastSource += lengths.count
        arrivals.append(Arrival(states: states, sources: Array(zip(numbers, lengths))))
        for (number, count) in zip(numbers, counts) {
            for _ in 0..<count {
                if freeSlots.isEmpty {
                    freeSlots.append(slotCount)
                    slotCount += 1
                }
                rows.append(Row(slot: freeSlots.removeLast(), length: 0, source: number))
            }
        }
        table += [Int32](repeating: 0, count: counts.reduce(0, +) * capacity)
    }

    /// Begins to read so many tokens in each row.
    func begin(steps: Int) {
        self.steps = steps
        let needed = (rows.map(\.length).max() ?? 0) + steps
        if needed > capacity {
            let larger = max(2 * capacity, needed, 16)
            var wide = [Int32](repeating: 0, count: rows.count * larger)
            for row in rows.indices {
                for position in 0..<rows[row].length {
                    wide[row * larger + position] = table[row * capacity + position]
                }
            }
            (table, capacity) = (wide, larger)
        }
        for (index, row) in rows.enumerated() {
            for position in row.length..<row.length + steps {
                table[index * capacity + position] = Int32(row.slot)
            }
        }
    }

    /// Keeps, of the tokens just read, so many in each row.
    func end(kept: [Int]) {
        arrivals = []
        for index in rows.indices where index < kept.count { rows[index].length += kept[index] }
    }

    /// Keeps the rows of `indices`, in that order.
    func select(_ indices: [Int]) {
        var taken: Set<Int> = []
        var spare: [Int: [Int]] = [:]
        let kept = Set(indices)
        for (index, row) in rows.enumerated() where !kept.contains(index) {
            spare[row.source, default: []].append(row.slot)
        }
        var new: [Row] = []
        var places: [Int32] = []
        places.reserveCapacity(indices.count * capacity)
        for index in indices {
            let old = rows[index]
            var slot = old.slot
            // Of those that continue one hypothesis, the others write where hypotheses of this search that ended wrote.
            if !taken.insert(slot).inserted, let other = spare[old.source]?.popLast() { slot = other }
            new.append(Row(slot: slot, length: old.length, source: old.source))
            places += table[index * capacity..<(index + 1) * capacity]
        }
        freeSlots += spare.values.flatMap { $0 }
        (rows, table) = (new, places)
        let sources = Set(rows.map(\.source))
        for index in layers.indices {
            layers[index].sources = layers[index].sources.filter { sources.contains($0.key) }
        }
        if rows.isEmpty { reset() }
    }

    /// Gives memory back that nobody needs.
    private func reset() {
        layers = layers.map { _ in Layer() }
        (capacity, slotCount, freeSlots, table, arrivals) = (0, 0, [], [], [])
    }

    /// Attention to the own past, of which the new positions become part; see `DecoderCache.attend`.
    func attend(
        layer: Int, _ query: Tensor, keys: Tensor, values: Tensor, heads: Int, scale: Double,
        distances: Tensor?
    ) throws -> Tensor {
        let (held, others) = try store(layer, like: keys, heads: heads)
        var result: OpaquePointer?
        let lengths = rows.map { Int64($0.length) }
        guard query.shape.prefix(2) == [rows.count, steps] else {
            throw TorchError.invalid(
                "attend: a query of shape \(query.shape) for \(rows.count) rows of \(steps) tokens")
        }
        try TorchError.check(
            ctorch_cached_attention(
                query.handle, keys.handle, values.handle, held.handle, others.handle, table, lengths,
                distances?.handle, scale, &result),
            "attention", [query, keys, values])
        guard let result else { throw TorchError.last("attention") }
        return try Tensor(owning: result)
    }

    private func store(_ layer: Int, like sample: Tensor, heads: Int) throws -> (Tensor, Tensor) {
        let size = try sample.size(2) / max(1, heads)
        if let own = layers[layer].own, try own.keys.size(0) >= slotCount, try own.keys.size(2) == capacity {
            return own
        }
        func larger(_ old: Tensor?) throws -> Tensor {
            let new = try Tensor.empty([slotCount, heads, capacity, size], dtype: sample.dtype)
            guard let old else { return new }
            let (slots, length) = (try min(old.size(0), slotCount), try min(old.size(2), capacity))
            try new.narrow(dim: 0, start: 0, length: slots).narrow(dim: 2, start: 0, length: length)
                .copy_(old.narrow(dim: 0, start: 0, length: slots).narrow(dim: 2, start: 0, length: length))
            return new
        }
        let own = (try larger(layers[layer].own?.keys), try larger(layers[layer].own?.values))
        layers[layer].own = own
        return own
    }

    /// Attention to the sources; see `DecoderCache.attendToSource`.
    func attendToSource(
        layer: Int, _ query: Tensor, heads: Int, scale: Double,
        _ keysAndValues: (Tensor) throws -> (keys: Tensor, values: Tensor)
    ) throws -> Tensor {
        for arrival in arrivals where layers[layer].sources[arrival.sources.first?.number ?? 0] == nil {
            let (keys, values) = try keysAndValues(arrival.states)
            let (k, v) = (
                try Attention.split(keys, heads: heads).contiguous(),
                try Attention.split(values, heads: heads).contiguous()
            )
            for (index, source) in arrival.sources.enumerated() {
                layers[layer].sources[source.number] = (
                    try k.select(dim: 0, index: index).narrow(dim: 1, start: 0, length: source.length),
                    try v.select(dim: 0, index: index).narrow(dim: 1, start: 0, length: source.length)
                )
            }
        }
        var numbers: [Int] = []
        var places: [Int64] = []
        for row in rows {
            if numbers.last != row.source { numbers.append(row.source) }
            places.append(Int64(numbers.count - 1))
        }
        let memories = numbers.compactMap { layers[layer].sources[$0] }
        guard memories.count == numbers.count, !memories.isEmpty else {
            throw TorchError.invalid("attendToSource: layer \(layer) has no keys of some sources")
        }
        var result: OpaquePointer?
        let (keys, values) = (
            memories.map { Optional($0.keys.handle) }, memories.map { Optional($0.values.handle) }
        )
        let status = withExtendedLifetime(memories) {
            ctorch_source_attention(query.handle, keys, values, keys.count, places, scale, &result)
        }
        try TorchError.check(status, "attention", [query])
        guard let result else { throw TorchError.last("attention") }
        return try Tensor(owning: result)
    }
}
