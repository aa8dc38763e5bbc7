/// The ids of words that were met before. Of fixed size: when it is full it starts again.
struct WordCache {
    /// Longer words are rare and not worth the room, in bytes.
    private static let longestWord = 96
    private static let mostWords = 1 << 16
    private static let mostBytes = 1 << 20

    private var words = ByteStringTable()
    private var ids: [Int32] = []
    /// Where the ids of word i end in `ids`.
    private var ends: [Int] = []

    /// Appends the ids of a word if they are known.
    func append(_ word: UnsafeBufferPointer<UInt8>, to result: inout [Int]) -> Bool {
        guard word.count <= Self.longestWord, let number = words.number(of: word) else { return false }
        for place in (number > 0 ? ends[number - 1] : 0)..<ends[number] { result.append(Int(ids[place])) }
        return true
    }

    /// Keeps the ids of a word that is not known yet.
    mutating func remember(_ word: UnsafeBufferPointer<UInt8>, _ found: some Collection<Int32>) {
        guard word.count <= Self.longestWord else { return }
        if words.count >= Self.mostWords || words.byteCount >= Self.mostBytes {
            words.removeAll()
            ids.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
        }
        _ = words.insert(word)
        ids.append(contentsOf: found)
        ends.append(ids.count)
    }
}
