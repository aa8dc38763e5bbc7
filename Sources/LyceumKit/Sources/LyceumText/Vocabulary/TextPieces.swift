extension String {
    /// The text in pieces of about so many bytes, for loops that look at a job between them. It is cut only before single
    /// spaces, where every splitter of words would cut, too; a text without any stays whole.
    func pieces(ofBytes size: Int = 1 << 18) -> [Substring] {
        guard utf8.count > size else { return [self[...]] }
        let space = UInt8(ascii: " ")
        var pieces: [Substring] = []
        var start = startIndex
        var place = startIndex
        while let target = utf8.index(place, offsetBy: size, limitedBy: endIndex) {
            place = target
            var before = utf8[utf8.index(before: place)]
            while place < endIndex {
                let after = utf8.index(after: place)
                // A single space between visible ASCII characters is whitespace to nobody in part.
                if utf8[place] == space, before > space, before < 0x7F, after < endIndex, utf8[after] > space,
                    utf8[after] < 0x7F
                {
                    break
                }
                before = utf8[place]
                place = after
            }
            if place == endIndex { break }
            pieces.append(self[start..<place])
            start = place
        }
        pieces.append(self[start...])
        return pieces
    }
}
