/// The Porter stemmer with NLTK's extensions, which is what rouge_score stems with.
///
/// Source: Porter, "An algorithm for suffix stripping" (1980), with the departures that NLTK's PorterStemmer
/// documents for its default mode: a table of irregular words, shorter endings of four-letter words, another
/// rule for y, and a few more suffixes. Letters are a–z in lower case; digits count as consonants.
struct PorterStemmer {
    private var word: [UInt8] = []

    /// The stem of a word in lower case.
    mutating func stem(_ text: some Collection<UInt8>) -> [UInt8] {
        word = Array(text)
        if let irregular = Self.irregular[word] { return irregular }
        if word.count <= 2 { return word }
        removePlural()
        removePast()
        turnYToI()
        replaceDoubleSuffix()
        apply(Self.step3, needsMeasure: true)
        removeSingleSuffix()
        removeFinalE()
        if ends("ll"), measure(word.count - 1) > 1 { word.removeLast() }
        return word
    }

    // MARK: The shape of a stem, which is always the first `length` letters of the word

    private func isVowel(_ i: Int) -> Bool {
        switch word[i] {
        case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"):
            return true
        // y is a vowel after a consonant; the second of two is none.
        case UInt8(ascii: "y"):
            var run = 0
            while i - run > 0, word[i - run - 1] == UInt8(ascii: "y") { run += 1 }
            let first = i - run
            let isFirstVowel = first > 0 && !isVowel(first - 1)
            return run.isMultiple(of: 2) ? isFirstVowel : !isFirstVowel
        default: return false
        }
    }

    /// Porter's m: how often a vowel is followed by a consonant.
    private func measure(_ length: Int) -> Int {
        var count = 0
        var wasVowel = false
        for i in 0..<length {
            let isVowel = isVowel(i)
            if wasVowel, !isVowel { count += 1 }
            wasVowel = isVowel
        }
        return count
    }

    private func hasVowel(_ length: Int) -> Bool { (0..<length).contains(where: isVowel) }

    /// Porter's *o: ends consonant, vowel, consonant, the last of them not w, x or y; NLTK adds the two-letter
    /// stem of a vowel and a consonant.
    private func endsShort(_ length: Int) -> Bool {
        if length == 2 { return isVowel(0) && !isVowel(1) }
        guard length >= 3, !isVowel(length - 3), isVowel(length - 2), !isVowel(length - 1) else {
            return false
        }
        return !"wxy".utf8.contains(word[length - 1])
    }

    private var endsDoubleConsonant: Bool {
        word.count >= 2 && word[word.count - 1] == word[word.count - 2] && !isVowel(word.count - 1)
    }

    // MARK: Suffixes

    private func ends(_ suffix: String) -> Bool {
        word.count >= suffix.utf8.count
            && word[(word.count - suffix.utf8.count)...].elementsEqual(suffix.utf8)
    }

    private mutating func replace(_ suffix: String, _ replacement: String) {
        word.removeLast(suffix.utf8.count)
        word.append(contentsOf: replacement.utf8)
    }

    /// Applies the first rule whose suffix the word ends in. Later rules are not tried, even if the stem before
    /// the suffix had to have a measure and has none.
    private mutating func apply(_ rules: [(suffix: String, replacement: String)], needsMeasure: Bool) {
        guard let rule = rules.first(where: { ends($0.suffix) }) else { return }
        if !needsMeasure || measure(word.count - rule.suffix.utf8.count) > 0 {
            replace(rule.suffix, rule.replacement)
        }
    }

    // MARK: The steps

    /// Step 1a.
    private mutating func removePlural() {
        if ends("ies"), word.count == 4 { return replace("ies", "ie") }
        apply([("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], needsMeasure: false)
    }

    /// Step 1b.
    private mutating func removePast() {
        if ends("ied") { return replace("ied", word.count == 4 ? "ie" : "i") }
        if ends("eed") {
            if measure(word.count - 3) > 0 { word.removeLast() }
            return
        }
        guard let suffix = ["ed", "ing"].first(where: { ends($0) && hasVowel(word.count - $0.utf8.count) })
        else {
            return
        }
        replace(suffix, "")
        if let rule = [("at", "ate"), ("bl", "ble"), ("iz", "ize")].first(where: { ends($0.0) }) {
            replace(rule.0, rule.1)
        } else if endsDoubleConsonant {
            if !ends("l"), !ends("s"), !ends("z") { word.removeLast() }
        } else if measure(word.count) == 1, endsShort(word.count) {
            word.append(UInt8(ascii: "e"))
        }
    }

    /// Step 1c, with NLTK's condition.
    private mutating func turnYToI() {
        if ends("y"), word.count > 2, !isVowel(word.count - 2) { replace("y", "i") }
    }

    /// Step 2.
    private mutating func replaceDoubleSuffix() {
        // NLTK: -alli loses its -li and the rest is looked at again.
        while ends("alli"), measure(word.count - 4) > 0 { replace("alli", "al") }
        if ends("logi") {
            // Only here the stem that is measured keeps the l of the suffix.
            if measure(word.count - 3) > 0 { replace("logi", "log") }
            return
        }
        apply(Self.step2, needsMeasure: true)
    }

    /// Step 4.
    private mutating func removeSingleSuffix() {
        guard let suffix = Self.step4.first(where: { ends($0) }) else { return }
        let length = word.count - suffix.utf8.count
        if measure(length) <= 1 { return }
        if suffix == "ion", !"st".utf8.contains(word[length - 1]) { return }
        replace(suffix, "")
    }

    /// Step 5a.
    private mutating func removeFinalE() {
        guard ends("e") else { return }
        let measure = measure(word.count - 1)
        if measure > 1 || (measure == 1 && !endsShort(word.count - 1)) { word.removeLast() }
    }

    private static let step2: [(suffix: String, replacement: String)] = [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
        ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"),
        ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"),
        ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
    ]
    private static let step3: [(suffix: String, replacement: String)] = [
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
        ("ness", ""),
    ]
    private static let step4 = [
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
        "ate", "iti", "ous", "ive", "ize",
    ]
    private static let irregular: [[UInt8]: [UInt8]] = {
        let words = [
            "sky": ["sky", "skies"], "die": ["dying"], "lie": ["lying"], "tie": ["tying"], "news": ["news"],
            "inning": ["inning", "innings"], "outing": ["outing", "outings"],
            "canning": ["canning", "cannings"], "howe": ["howe"], "proceed": ["proceed"],
            "exceed": ["exceed"], "succeed": ["succeed"],
        ]
        var table: [[UInt8]: [UInt8]] = [:]
        for (stem, forms) in words {
            for form in forms { table[Array(form.utf8)] = Array(stem.utf8) }
        }
        return table
    }()
}
