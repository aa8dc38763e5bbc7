/// Tercom's normalisation of texts, as sacrebleu 2.6 has it.
enum TerTokenizer {
    /// The text whose words between white space are compared.
    static func prepared(_ text: String, _ ter: Ter) -> String {
        var text = PythonStrings.trimmedEnd(text)
        if !ter.caseSensitive { text = PythonStrings.lowercased(text) }
        if ter.normalized {
            text = western(text)
            if ter.asian { text = spaced(text, around: isAsian) }
        }
        if ter.removesPunctuation {
            text = removing(text) {
                ".,?:;!\"()".unicodeScalars.contains($0) || (ter.asian && isAsianMark($0))
            }
        }
        return text
    }

    private static func western(_ text: String) -> String {
        var text = text
        for (old, new) in [
            ("\n-", ""), ("\n", " "), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"),
        ] {
            text = PythonStrings.replacing(text, old, with: new)
        }
        text = spaced(" \(text) ") { $0.isASCII && BleuTokenizer.isSeparated[Int($0.value)] }
        text = PythonStrings.replacing(text, "'s ", with: " 's ")
        var bytes = Array(text.utf8)
        for step in [
            BleuTokenizer.separateBehind, BleuTokenizer.separateBefore, BleuTokenizer.separateDashes,
        ] {
            var next: [UInt8] = []
            bytes.withUnsafeBufferPointer { step($0, &next) }
            bytes = next
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func spaced(_ text: String, around isAlone: (Unicode.Scalar) -> Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isAlone(scalar) {
                result.append(contentsOf: [" ", scalar, " "])
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func removing(_ text: String, _ isUnwanted: (Unicode.Scalar) -> Bool) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { !isUnwanted($0) }))
    }

    /// Characters that stand alone. The range of enclosed letters is as wide as sacrebleu's; its rules for kana apply to
    /// the beginning of a line only, where a space stands by then, so that they never do.
    private static func isAsian(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x31C0...0x31EF, 0x2E80...0x2EFF, 0x3300...0x33FF,
            0xF900...0xFAFF,
            0xFE30...0xFE4F, 0x3200...0x3F22:
            return true
        default: return isAsianMark(scalar)
        }
    }

    private static func isAsianMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3001, 0x3002, 0x3008...0x3011, 0x3014...0x301F, 0xFF61...0xFF65, 0x30FB, 0xFF0E, 0xFF0C,
            0xFF1F,
            0xFF1A, 0xFF1B, 0xFF01, 0xFF02, 0xFF08, 0xFF09:
            return true
        default: return false
        }
    }
}
