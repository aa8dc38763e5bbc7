import LyceumKit

/// Texts that are written together, a token of each at every step: searches of any kind and options over sources that were
/// read together.
///
/// All hypotheses have read as many tokens. Those of a search that is done leave the batch.
final class DecodingBatch<Network: EncoderDecoder> {
    /// A search and who asked for it.
    struct Entry {
        /// The number that it was given.
        let number: Int
        var search: any TextSearch
        /// Whether nobody waits for it any more.
        var isDropped = false

        var isOpen: Bool { !isDropped && !search.isDone }
    }

    private let network: Network
    private var source: EncodedSource
    private let cache: DecoderCache
    /// By source.
    private(set) var entries: [Entry]

    /// Reads sources.
    ///
    /// - Parameters:
    ///   - sources: token ids.
    ///   - searches: the searches over each source, with their numbers; all have as many hypotheses.
    init(_ network: Network, sources: [[Int]], searches: [[(number: Int, search: any TextSearch)]]) throws {
        self.network = network
        let batch = try TokenBatch(sources, padID: network.padID)
        let encoded = try network.encode(batch.to(network.device))
        let each = searches.map(\.count)
        source =
            each.allSatisfy { $0 == 1 }
            ? encoded : try encoded.select(each.indices.flatMap { [Int](repeating: $0, count: each[$0]) })
        entries = searches.flatMap { $0 }.map { Entry(number: $0.number, search: $0.search) }
        cache = DecoderCache(
            layers: network.decoderLayerCount, rowsPerSource: entries.first?.search.next.count ?? 1)
    }

    /// Whether a search is still open.
    var isOpen: Bool { entries.contains(where: \.isOpen) }

    /// Takes a search out.
    func drop(_ number: Int) {
        for index in entries.indices where entries[index].number == number { entries[index].isDropped = true }
    }

    /// Writes the next token of every open text.
    ///
    /// - Returns: the entries that were open.
    func step() throws -> [Entry] {
        try leave()
        guard isOpen else { return [] }
        let each = cache.rowsPerSource
        let scores = try network.step(entries.flatMap(\.search.next), source: source, cache: cache)
        guard try scores.size(0) == entries.count * each else {
            throw TorchError.invalid(
                "decode: scores of shape \(scores.shape) for \(entries.count * each) texts")
        }
        let open = entries.indices.filter { entries[$0].isOpen }
        try scores.withScores { rows in
            for index in open { entries[index].search.advance(rows.rows(index * each..<(index + 1) * each)) }
        }
        return open.map { entries[$0] }
    }

    /// Follows the searches: their hypotheses change places, and those that are done leave.
    private func leave() throws {
        let each = cache.rowsPerSource
        let kept = entries.indices.filter { entries[$0].isOpen }
        // Rows that leave are copied away from: worth it when a quarter of them is done.
        let leaves = !kept.isEmpty && kept.count * 4 <= entries.count * 3
        let moves = entries.contains { $0.isOpen && $0.search.movesRows }
        guard leaves || moves else { return }
        let places = leaves ? kept : Array(entries.indices)
        let rows = places.flatMap { place in
            let own = entries[place].isOpen ? entries[place].search.parents : nil
            return (own ?? Array(0..<each)).map { place * each + $0 }
        }
        try cache.select(rows: rows, sources: leaves ? kept : nil)
        if leaves {
            source = try source.select(kept)
            entries = kept.map { entries[$0] }
        }
    }
}
