import LyceumKit

/// Texts that are written together, a token of each at every step: searches of any kind and options.
///
/// Where the network decodes uneven rows, sources join at any time and searches that are done leave at once. Else all
/// sources join at the beginning, with as many hypotheses each, and those that are done leave when it is worth copying the
/// others.
final class DecodingBatch<Network: EncoderDecoder> {
    /// A search and who asked for it.
    struct Entry {
        /// The number that it was given.
        let number: Int
        var search: any TextSearch
        /// Its hypotheses.
        let rows: Int
        /// Whether nobody waits for it any more.
        var isDropped = false

        var isOpen: Bool { !isDropped && !search.isDone }
    }

    /// Sources to be read together, and the searches over each, with their numbers.
    typealias Sources = [(ids: [Int], searches: [(number: Int, search: any TextSearch)])]

    private let network: Network
    private var source: EncodedSource?
    private var cache: DecoderCache
    /// Source by source.
    private(set) var entries: [Entry] = []
    /// So many rows are read as fast as one: drafts are worth a try.
    private static var rowsForDrafts: Int { 4 }

    /// Makes a batch without sources.
    init(_ network: Network) {
        self.network = network
        cache = DecoderCache(layers: network.decoderLayerCount)
        if network.decodesUnevenRows, network.device == .cpu, Tensor.hasDecoderKernels {
            cache = DecoderCache(unevenLayers: network.decoderLayerCount)
        }
    }

    /// Whether searches with different numbers of hypotheses can be in it.
    var joinsAnyRows: Bool { cache.uneven != nil }
    /// Whether sources can join now.
    var canJoin: Bool { source == nil || cache.uneven != nil }
    /// Whether a search is still open.
    var isOpen: Bool { entries.contains(where: \.isOpen) }
    /// Hypotheses of the searches that are open.
    var openRows: Int { entries.reduce(0) { $0 + ($1.isOpen ? $1.rows : 0) } }

    /// Reads sources, whose searches take part from the next step on.
    func join(_ sources: Sources) throws {
        guard cache.uneven != nil else { return try joinTogether(sources) }
        for part in Self.ofSimilarLength(sources.map(\.ids.count)) {
            try joinTogether(part.map { sources[$0] })
        }
    }

    /// Sorts lengths into groups that are worth reading one after the other: padding takes little of each, and none is small
    /// unless nothing is left to add to it.
    static func ofSimilarLength(_ lengths: [Int]) -> [[Int]] {
        var groups: [[Int]] = []
        var (longest, real) = (0, 0)
        for index in lengths.indices.sorted(by: { (lengths[$0], $1) > (lengths[$1], $0) }) {
            let length = lengths[index]
            if groups.isEmpty || (real >= tokensWorthReading && length < longest - longest / 8) {
                groups.append([])
                (longest, real) = (length, 0)
            }
            groups[groups.count - 1].append(index)
            real += length
        }
        return groups
    }

    /// So many tokens are read at nearly the full speed of the processor.
    private static var tokensWorthReading: Int { 192 }

    private func joinTogether(_ sources: Sources) throws {
        guard !sources.isEmpty else { return }
        let batch = try TokenBatch(sources.map(\.ids), padID: network.padID)
        let encoded = try network.encode(batch.to(network.device))
        let new = sources.map { source in
            source.searches.map { Entry(number: $0.number, search: $0.search, rows: $0.search.next.count) }
        }
        if let uneven = cache.uneven {
            // A source without tokens has its padding to read.
            uneven.join(
                encoded.states, lengths: batch.lengths.map { max(1, $0) },
                counts: new.map { $0.reduce(0) { $0 + $1.rows } })
            source = encoded
        } else {
            let each = new.map(\.count)
            source =
                each.allSatisfy { $0 == 1 }
                ? encoded : try encoded.select(each.indices.flatMap { [Int](repeating: $0, count: each[$0]) })
            cache = DecoderCache(
                layers: network.decoderLayerCount, rowsPerSource: new.first?.first?.rows ?? 1)
        }
        entries += new.flatMap { $0 }
    }

    /// Takes a search out.
    func drop(_ number: Int) {
        for index in entries.indices where entries[index].number == number { entries[index].isDropped = true }
    }

    /// Writes the next token of every open text, or several where they were foreseen.
    ///
    /// - Returns: the entries that were open.
    func step() throws -> [Entry] {
        try leave()
        guard isOpen, let source else { return [] }
        let drafts = drafts()
        let steps = 1 + (drafts.map(\.count).max() ?? 0)
        // Shorter drafts are filled up; what follows the filling is not looked at.
        let tokens = zip(entries.flatMap(\.search.next), drafts).map { first, draft in
            [first] + draft + [Int](repeating: first, count: steps - 1 - draft.count)
        }
        let scores = try network.step(tokens, source: source, cache: cache)
        guard try scores.size(0) == tokens.count * steps else {
            throw TorchError.invalid(
                "decode: scores of shape \(scores.shape) for \(tokens.count * steps) tokens")
        }
        let open = entries.indices.filter { entries[$0].isOpen }
        var kept = [Int](repeating: 1, count: tokens.count)
        try scores.withScores { all in
            var row = 0
            for index in entries.indices {
                let rows = entries[index].rows
                defer { row += rows }
                guard entries[index].isOpen else { continue }
                let own = all.rows(row * steps..<(row + rows) * steps)
                if steps == 1 {
                    entries[index].search.advance(own)
                } else {
                    kept[row] = entries[index].search.advance(own, draft: drafts[row])
                }
            }
        }
        cache.uneven?.end(kept: kept)
        return open.map { entries[$0] }
    }

    /// The tokens that each row is expected to write next.
    private func drafts() -> [[Int]] {
        let none = [[Int]](repeating: [], count: entries.reduce(0) { $0 + $1.rows })
        guard cache.uneven != nil, none.count <= Self.rowsForDrafts, entries.allSatisfy({ $0.rows == 1 })
        else { return none }
        return entries.map { $0.isOpen ? $0.search.draft : [] }
    }

    /// Follows the searches: their hypotheses change places, and those that are done leave.
    private func leave() throws {
        let kept = entries.indices.filter { entries[$0].isOpen }
        // Where rows that leave are copied away from, it is worth it when a quarter of them is done.
        let leaves =
            cache.uneven != nil
            ? kept.count < entries.count : !kept.isEmpty && kept.count * 4 <= entries.count * 3
        guard leaves || entries.contains(where: { $0.isOpen && $0.search.movesRows }) else { return }
        var firsts: [Int] = []
        var row = 0
        for entry in entries {
            firsts.append(row)
            row += entry.rows
        }
        let places = leaves ? kept : Array(entries.indices)
        let rows = places.flatMap { place in
            let own = entries[place].isOpen ? entries[place].search.parents : nil
            return (own ?? Array(0..<entries[place].rows)).map { firsts[place] + $0 }
        }
        if let uneven = cache.uneven {
            uneven.select(rows)
        } else {
            try cache.select(rows: rows, sources: leaves ? kept : nil)
            if leaves { source = try source?.select(kept) }
        }
        entries = places.map { entries[$0] }
    }
}
