/// What waits, in a line for each client; the lines take turns, so that nobody waits for all of another's requests.
struct FairQueue<Item> {
    private var lines: [String: [Item]] = [:]
    /// Clients with something in their line, the next one first.
    private var turns: [String] = []
    /// How many wait.
    private(set) var count = 0

    /// Puts something at the end of its client's line.
    mutating func append(_ item: Item, of client: String) {
        if lines[client] == nil { turns.append(client) }
        lines[client, default: []].append(item)
        count += 1
    }

    /// The one whose turn it is.
    var first: Item? { turns.first.flatMap { lines[$0]?.first } }

    /// Takes the one whose turn it is.
    mutating func popFirst() -> Item? {
        guard let client = turns.first, var line = lines[client], !line.isEmpty else { return nil }
        let item = line.removeFirst()
        turns.removeFirst()
        lines[client] = line.isEmpty ? nil : line
        if !line.isEmpty { turns.append(client) }
        count -= 1
        return item
    }

    /// Takes out all that fit.
    mutating func remove(where fits: (Item) -> Bool) -> [Item] {
        var removed: [Item] = []
        for (client, line) in lines {
            let rest = line.filter { !fits($0) }
            guard rest.count < line.count else { continue }
            removed += line.filter(fits)
            lines[client] = rest.isEmpty ? nil : rest
        }
        count -= removed.count
        if !removed.isEmpty { turns.removeAll { lines[$0] == nil } }
        return removed
    }
}
