import Glibc
import LyceumKit

/// Python's string functions: they count code points, where Swift counts characters as a reader sees them.
enum PythonText {
    /// The ends that white space is taken from.
    enum Side { case start, end, both }

    /// Listens for Ctrl-C now and then in a loop over the letters of a text.
    struct Ear {
        private var letters = 0

        /// - Throws: `LyceumError.cancelled` after Ctrl-C.
        mutating func hear() throws {
            letters &+= 1
            if letters & 0x3FFF == 0, Interrupt.isRaised { throw LyceumError.cancelled("") }
        }
    }

    /// `str.strip`: without white space, or without the characters given, at the ends.
    static func trimmed(_ text: String, _ characters: String? = nil, _ side: Side = .both) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isTemplateSpace }
        var rest = text.unicodeScalars[...]
        if side != .end { rest = rest.drop(while: goes) }
        if side != .start { while let last = rest.last, goes(last) { rest.removeLast() } }
        return String(rest)
    }

    /// `str.capitalize`: the first letter large, the others small.
    static func capitalized(_ text: String) throws -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + (try lowercased(String(text.unicodeScalars.dropFirst())))
    }

    /// Jinja's `title`: capitalized words, where a word begins after white space, a hyphen or a bracket.
    static func titled(_ text: String) throws -> String {
        var result = ""
        var word = String.UnicodeScalarView()
        func large(_ word: String.UnicodeScalarView) throws -> String {
            guard let first = word.first else { return "" }
            return first.properties.uppercaseMapping + (try lowercased(String(word.dropFirst())))
        }
        for scalar in text.unicodeScalars {
            if scalar.isTemplateSpace || "-({[<".unicodeScalars.contains(scalar) {
                result += try large(word)
                result.unicodeScalars.append(scalar)
                word = String.UnicodeScalarView()
            } else {
                word.append(scalar)
            }
        }
        return try result + large(word)
    }

    /// `str.splitlines`
    static func lines(_ text: String) throws -> [String] {
        var result: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        var ear = Ear()
        for scalar in text.unicodeScalars {
            try ear.hear()
            defer { previous = scalar }
            if scalar == "\n", previous == "\r" { continue }
            switch scalar.value {
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
                result.append(String(line))
                line = String.UnicodeScalarView()
            default: line.append(scalar)
            }
        }
        if !line.isEmpty { result.append(String(line)) }
        return result
    }

    /// `str.split`: at a separator, or at white space of any length.
    ///
    /// - Parameter most: the most cuts; negative for all.
    static func split(_ text: String, _ separator: String?, most: Int) throws -> [String] {
        let cuts = most < 0 ? Int.max : most
        var ear = Ear()
        guard let separator, !separator.isEmpty else {
            var result: [String] = []
            var rest = text.unicodeScalars.drop(while: \.isTemplateSpace)
            while !rest.isEmpty {
                try ear.hear()
                if result.count >= cuts {
                    result.append(trimmed(String(rest), nil, .end))
                    break
                }
                let word = rest.prefix { !$0.isTemplateSpace }
                result.append(String(word))
                rest = rest[word.endIndex...].drop(while: \.isTemplateSpace)
            }
            return result
        }
        let bytes = Array(text.utf8)
        let mark = Array(separator.utf8)
        var result: [String] = []
        var start = 0
        while result.count < cuts, let place = firstIndex(of: mark, in: bytes, from: start) {
            try ear.hear()
            result.append(String(decoding: bytes[start..<place], as: UTF8.self))
            start = place + mark.count
        }
        return result + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// `str.replace`
    ///
    /// - Parameters:
    ///   - most: the most replacements; nil or negative for all.
    ///   - limit: the work ends when the result has more bytes than this.
    static func replaced(_ text: String, _ old: String, _ new: String, most: Int?, limit: Int) throws
        -> String
    {
        let most = most.map { $0 < 0 ? Int.max : $0 } ?? Int.max
        var done = 0
        var ear = Ear()
        if old.isEmpty {
            var result = ""
            for scalar in text.unicodeScalars {
                try ear.hear()
                if done < most {
                    result += new
                    done += 1
                }
                result.unicodeScalars.append(scalar)
                if result.utf8.count > limit { return result }
            }
            return done < most ? result + new : result
        }
        let (bytes, mark) = (Array(text.utf8), Array(old.utf8))
        var result: [UInt8] = []
        var start = 0
        while done < most, let place = firstIndex(of: mark, in: bytes, from: start) {
            try ear.hear()
            result += bytes[start..<place]
            result += new.utf8
            start = place + mark.count
            done += 1
            if result.count > limit { break }
        }
        return String(decoding: result + bytes[start...], as: UTF8.self)
    }

    /// Where `part` begins in `whole`; nil if it does not. The C library's search is linear (two-way).
    static func firstIndex(of part: [UInt8], in whole: [UInt8], from start: Int) -> Int? {
        ByteSearch.firstIndex(of: part, in: whole, from: start)
    }

    /// Whether a part occurs in a text.
    static func contains(_ part: String, in text: String) -> Bool {
        var (part, text) = (part, text)
        return part.withUTF8 { part in
            text.withUTF8 {
                ByteSearch.firstIndex(of: UnsafeRawBufferPointer(part), in: UnsafeRawBufferPointer($0)) != nil
            }
        }
    }

    /// A text many times over; the caller has checked the length.
    static func repeated(_ text: String, _ times: Int) -> String {
        var text = text
        return text.withUTF8 { part in
            guard part.count > 0, times > 0 else { return "" }
            let whole = part.count * times
            return String(unsafeUninitializedCapacity: whole) { buffer in
                guard let start = buffer.baseAddress, let first = part.baseAddress else { return 0 }
                memcpy(start, first, part.count)
                // What is there is doubled until it is enough.
                var filled = part.count
                while filled < whole {
                    let more = min(filled, whole - filled)
                    memcpy(start + filled, start, more)
                    filled += more
                }
                return whole
            }
        }
    }

    /// `str.lower`: a sigma at the end of a word has a form of its own.
    static func lowercased(_ text: String) throws -> String {
        guard contains("Σ", in: text) else { return text.lowercased() }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var ear = Ear()
        for (place, scalar) in scalars.enumerated() {
            try ear.hear()
            if scalar == "Σ" {
                let before = scalars[..<place].last { !$0.properties.isCaseIgnorable }
                let after = scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable }
                let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
                result.append(isFinal ? "ς" : "σ")
            } else {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return String(result)
    }

    /// `str.casefold`: by way of the upper case, which is the same for all forms of a letter.
    static func folded(_ text: String) throws -> String {
        var result = ""
        var ear = Ear()
        for scalar in text.unicodeScalars {
            try ear.hear()
            if scalar == "ı" {
                result.unicodeScalars.append(scalar)
            } else {
                for upper in scalar.properties.uppercaseMapping.unicodeScalars {
                    result += upper.properties.lowercaseMapping
                }
            }
        }
        return result
    }

    /// How many words there are: runs of letters, digits and "_", as in Python's `\w+`.
    static func wordCount(_ text: String) throws -> Int {
        var count = 0
        var isInside = false
        var ear = Ear()
        for scalar in text.unicodeScalars {
            try ear.hear()
            let isPart = isWordPart(scalar)
            if isPart, !isInside { count += 1 }
            isInside = isPart
        }
        return count
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" || scalar.properties.numericType != nil { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }
}
