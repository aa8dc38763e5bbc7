/// Exact match and token F1 of short answers, as the official scripts of SQuAD compute them.
///
/// Sources: Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text" (2016) and "Know what you
/// don't know" (2018); evaluate-v1.1.py and evaluate-v2.0.py.
enum SquadAnswers {
    /// The words of an answer: lower case, no ASCII punctuation, no articles.
    static func words(_ text: String) -> [Substring] {
        let bare = PythonStrings.lowercased(text).unicodeScalars.filter {
            !($0.isASCII && PythonStrings.isPunctuation(UInt8($0.value)))
        }
        // An article is a whole run of letters, digits and underscores; what it leaves is a space.
        var result = String.UnicodeScalarView()
        var word: [Unicode.Scalar] = []
        func end() {
            let isArticle = word == ["a"] || word == ["a", "n"] || word == ["t", "h", "e"]
            result.append(contentsOf: isArticle ? [" "] : word)
            word = []
        }
        for scalar in bare {
            if isWordCharacter(scalar) {
                word.append(scalar)
            } else {
                end()
                result.append(scalar)
            }
        }
        end()
        return Substring(String(result)).unicodeScalars.split(whereSeparator: PythonStrings.isSpace).map(
            Substring.init)
    }

    /// Whether an answer is one of the true ones.
    static func isExact(_ prediction: [Substring], _ references: [[Substring]]) -> Bool {
        references.contains { areEqual(prediction, $0) }
    }

    /// The best harmonic mean of precision and recall of the words.
    ///
    /// - Parameter noAnswer: whether two empty answers agree, as in version 2.0, or count as 0, as in 1.1.
    static func f1(_ prediction: [Substring], _ references: [[Substring]], noAnswer: Bool) -> Double {
        references.map { reference in
            if noAnswer, prediction.isEmpty || reference.isEmpty {
                return prediction.isEmpty && reference.isEmpty ? 1 : 0
            }
            var counts: [[UInt8]: Int] = [:]
            for word in reference { counts[Array(word.utf8), default: 0] += 1 }
            var same = 0
            for word in prediction {
                if let left = counts[Array(word.utf8)], left > 0 {
                    counts[Array(word.utf8)] = left - 1
                    same += 1
                }
            }
            if same == 0 { return 0 }
            let precision = Double(same) / Double(prediction.count)
            let recall = Double(same) / Double(reference.count)
            return 2 * precision * recall / (precision + recall)
        }.max() ?? 0
    }

    private static func areEqual(_ a: [Substring], _ b: [Substring]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Python's `\w`.
    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (0x30...0x39).contains(scalar.value) || (0x61...0x7A).contains(scalar.value)
                || (0x41...0x5A).contains(scalar.value) || scalar == "_"
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber,
            .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}
