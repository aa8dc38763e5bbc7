import LyceumKit

/// Cuts text into ROUGE's tokens; see `RougeOptions.Tokenization`. Tokens are numbers; equal numbers are equal
/// (stemmed) tokens of one tokenizer.
struct RougeTokenizer {
    private let tokenization: RougeOptions.Tokenization
    private let stems: Bool
    private var words = TokenInterner()
    /// What words become: stems, and one of several spellings of the same characters.
    private var forms = TokenInterner()
    /// The form of each word by its number; -1 for an empty stem, which is not a token.
    private var formOfWord: [Int32] = []
    /// The form of each word outside ASCII; strings are equal if they are canonically equivalent.
    private var formOfSpelling: [String: Int32] = [:]
    private var stemmer = PorterStemmer()
    private var word: [UInt8] = []

    /// - Parameters:
    ///   - tokenization: what a token is.
    ///   - stems: whether words of more than three letters are stemmed.
    init(_ tokenization: RougeOptions.Tokenization, stems: Bool) {
        self.tokenization = tokenization
        self.stems = stems
    }

    private var hasForms: Bool { stems || tokenization == .unicode }

    /// The numbers handed out so far are below this.
    var vocabularySize: Int { hasForms ? forms.count : words.count }

    /// Appends the tokens of UTF-8 text to `tokens`.
    mutating func tokenize(_ text: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
        word.removeAll(keepingCapacity: true)
        switch tokenization {
        case .google: tokenizeAsGoogle(text, into: &tokens)
        case .unicode: tokenizeUnicode(text, into: &tokens)
        }
        endWord(into: &tokens)
    }

    private mutating func tokenizeAsGoogle(_ text: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
        var i = 0
        while i < text.count {
            let byte = Self.lowercase[Int(text[i])]
            if byte != 0 {
                word.append(byte)
                i += 1
            } else if let (letter, length) = Self.wideLetter(text, at: i) {
                word.append(letter)
                i += length
                // What is left of İ in lower case is a combining dot, which separates.
                if letter == UInt8(ascii: "i") { endWord(into: &tokens) }
            } else {
                endWord(into: &tokens)
                i += 1
            }
        }
    }

    private mutating func tokenizeUnicode(_ text: UnsafeBufferPointer<UInt8>, into tokens: inout [Int32]) {
        Words.forEach(in: text) { found in
            word.append(contentsOf: found)
            endWord(into: &tokens)
        }
    }

    /// The two characters outside ASCII whose lower case is inside: the Kelvin sign and İ.
    private static func wideLetter(_ text: UnsafeBufferPointer<UInt8>, at i: Int) -> (UInt8, Int)? {
        if text[i] == 0xE2, i + 2 < text.count, text[i + 1] == 0x84, text[i + 2] == 0xAA {
            return (UInt8(ascii: "k"), 3)
        }
        if text[i] == 0xC4, i + 1 < text.count, text[i + 1] == 0xB0 { return (UInt8(ascii: "i"), 2) }
        return nil
    }

    private mutating func endWord(into tokens: inout [Int32]) {
        if word.isEmpty { return }
        let id = word.withUnsafeBufferPointer { words.intern($0) }
        if hasForms {
            if Int(id) == formOfWord.count { formOfWord.append(form()) }
            let form = formOfWord[Int(id)]
            if form >= 0 { tokens.append(form) }
        } else {
            tokens.append(id)
        }
        word.removeAll(keepingCapacity: true)
    }

    private mutating func form() -> Int32 {
        if tokenization == .unicode, word.contains(where: { $0 >= 0x80 }) {
            let spelling = String(decoding: word, as: UTF8.self)
            let form = formOfSpelling[spelling] ?? word.withUnsafeBufferPointer { forms.intern($0) }
            formOfSpelling[spelling] = form
            return form
        }
        let stem = stems && word.count > 3 ? stemmer.stem(word) : word
        return stem.isEmpty ? -1 : stem.withUnsafeBufferPointer { forms.intern($0) }
    }

    /// Each ASCII letter or digit in lower case, 0 for every other byte.
    private static let lowercase: [UInt8] = (0..<256).map { (byte: Int) -> UInt8 in
        let byte = UInt8(byte)
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): return byte
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return byte | 0x20
        default: return 0
        }
    }
}
