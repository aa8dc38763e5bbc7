import Glibc
import LyceumKit

extension PythonText {
    /// The methods of Python's strings that templates have.
    static let methods = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index",
        "isalnum",
        "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable",
        "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix",
        "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split",
        "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill", "encode", "format_map",
    ]

    /// `datetime.strftime`, in local time.
    ///
    /// - Parameter moment: seconds since 1970; nil is now.
    static func time(_ format: String, at moment: Int?) -> String {
        var seconds = moment.map { time_t($0) } ?? Glibc.time(nil)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil, !format.isEmpty else { return "" }
        var buffer = [CChar](repeating: 0, count: min(1 << 20, max(256, format.utf8.count * 32)))
        let length = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `str.title`: a word begins after anything that is not cased.
    static func titledByCase(_ text: String) throws -> String {
        var result = String.UnicodeScalarView()
        var isInside = false
        var ear = Ear()
        for scalar in text.unicodeScalars {
            try ear.hear()
            let isCased = scalar.isCasedInPython
            let mapped = isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            result.append(contentsOf: mapped.unicodeScalars)
            isInside = isCased
        }
        return String(result)
    }

    /// `str.swapcase`
    static func swapped(_ text: String) throws -> String {
        var result = ""
        var ear = Ear()
        for scalar in text.unicodeScalars {
            try ear.hear()
            if scalar.properties.isUppercase {
                result += scalar.properties.lowercaseMapping
            } else if scalar.properties.isLowercase {
                result += scalar.properties.uppercaseMapping
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `str.expandtabs`
    static func expandingTabs(_ text: String, _ size: Int) throws -> String {
        var result = String.UnicodeScalarView()
        var column = 0
        var ear = Ear()
        for scalar in text.unicodeScalars {
            try ear.hear()
            switch scalar {
            case "\t":
                guard size > 0 else { continue }
                let count = size - column % size
                result.append(contentsOf: repeatElement(" ", count: count))
                column += count
            case "\n", "\r":
                result.append(scalar)
                column = 0
            default:
                result.append(scalar)
                column += 1
            }
        }
        return String(result)
    }

    /// `str.splitlines(True)`: the lines with what ends them.
    static func linesWithEnds(_ text: String) throws -> [String] {
        var result: [String] = []
        var line = String.UnicodeScalarView()
        let scalars = Array(text.unicodeScalars)
        var place = 0
        var ear = Ear()
        while place < scalars.count {
            try ear.hear()
            let scalar = scalars[place]
            line.append(scalar)
            place += 1
            guard scalar.endsLineInPython else { continue }
            if scalar == "\r", place < scalars.count, scalars[place] == "\n" {
                line.append("\n")
                place += 1
            }
            result.append(String(line))
            line = String.UnicodeScalarView()
        }
        if !line.isEmpty { result.append(String(line)) }
        return result
    }

    /// `str.rsplit`: as `split`, the cuts counted from the end.
    static func splitFromEnd(_ text: String, _ separator: String?, most: Int) throws -> [String] {
        if most < 0 { return try split(text, separator, most: -1) }
        guard let separator else {
            var words: [String] = []
            var rest = trimmed(text, nil, .end).unicodeScalars[...]
            while !rest.isEmpty {
                if words.count >= most {
                    words.append(trimmed(String(rest), nil, .start))
                    break
                }
                let word = rest.reversed().prefix { !$0.isTemplateSpace }
                words.append(String(String.UnicodeScalarView(word.reversed())))
                rest = rest.dropLast(word.count)
                while let last = rest.last, last.isTemplateSpace { rest.removeLast() }
            }
            return words.filter { !$0.isEmpty }.reversed()
        }
        let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
        var cuts: [Int] = []
        var end = bytes.count
        while cuts.count < most, let place = lastIndex(of: mark, in: bytes, before: end) {
            cuts.append(place)
            end = place
        }
        var parts: [String] = []
        var start = 0
        for cut in cuts.reversed() {
            parts.append(String(decoding: bytes[start..<cut], as: UTF8.self))
            start = cut + mark.count
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// Where `part` begins in `whole` the last time, ending before `end`.
    static func lastIndex(of part: [UInt8], in whole: [UInt8], before end: Int) -> Int? {
        // Both backwards: the first place there is the last one here.
        let place = firstIndex(of: part.reversed(), in: Array(whole[..<end].reversed()), from: 0)
        return place.map { end - $0 - part.count }
    }

    /// The places of a part that do not overlap.
    static func countOccurrences(of part: String, in text: String) -> Int {
        let (bytes, mark) = (Array(text.utf8), Array(part.utf8))
        guard !mark.isEmpty else { return text.unicodeScalars.count + 1 }
        var count = 0
        var start = 0
        while let place = firstIndex(of: mark, in: bytes, from: start) {
            count += 1
            start = place + mark.count
        }
        return count
    }
}

extension Unicode.Scalar {
    /// What ends a line for `str.splitlines`.
    var endsLineInPython: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: return true
        default: return false
        }
    }

    /// A letter of `str.isalpha`.
    var isLetterInPython: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }

    /// Whether it is upper, lower or title case to Python.
    var isCasedInPython: Bool {
        properties.isUppercase || properties.isLowercase || properties.generalCategory == .titlecaseLetter
    }

    var isDigitInPython: Bool {
        properties.numericType == .decimal || properties.numericType == .digit
    }
}

extension TemplateEvaluator {
    /// A method of a text.
    func invoke(
        _ name: String, on text: String, _ arguments: TemplateFunction.Arguments
    ) throws -> TemplateValue {
        try count(bytes: text.utf8.count)
        if name == "format" { return .string(try formatted(text, with: arguments)) }
        let given = try placed(arguments, name)
        if let value = try cased(name, text, given) ?? (try asked(name, text, given)) { return value }
        return try cut(name, text, given)
    }

    /// The arguments in their places: a few methods take names.
    private func placed(
        _ arguments: TemplateFunction.Arguments, _ method: String
    ) throws -> [TemplateValue] {
        var given = arguments.positional
        let names: [String: [String]] = [
            "split": ["sep", "maxsplit"], "rsplit": ["sep", "maxsplit"], "splitlines": ["keepends"],
            "expandtabs": ["tabsize"], "replace": ["", "", "count"], "encode": ["encoding", "errors"],
        ]
        for (name, value) in arguments.named {
            guard let place = names[method]?.firstIndex(of: name), place >= given.count else {
                throw fault("\(method): takes no '\(name)'", nil)
            }
            while given.count < place { given.append(.null) }
            given.append(value)
        }
        return given
    }

    private func misfit(_ name: String) -> LyceumError { fault("\(name): these values do not fit", nil) }

    /// Methods that change letters.
    private func cased(_ name: String, _ text: String, _ given: [TemplateValue]) throws -> TemplateValue? {
        let result: String
        switch name {
        case "upper": result = text.uppercased()
        case "lower": result = try PythonText.lowercased(text)
        case "casefold": result = try PythonText.folded(text)
        case "capitalize": result = try PythonText.capitalized(text)
        case "title": result = try PythonText.titledByCase(text)
        case "swapcase": result = try PythonText.swapped(text)
        default: return nil
        }
        guard given.isEmpty else { throw misfit(name) }
        return .string(try bounded(result))
    }

    /// Methods that ask something of every letter, or of the ends.
    private func asked(_ name: String, _ text: String, _ given: [TemplateValue]) throws -> TemplateValue? {
        let scalars = text.unicodeScalars
        func all(_ holds: (Unicode.Scalar) -> Bool) throws -> TemplateValue {
            guard given.isEmpty else { throw misfit(name) }
            return .bool(!scalars.isEmpty && scalars.allSatisfy(holds))
        }
        switch name {
        case "isalpha": return try all(\.isLetterInPython)
        case "isdecimal": return try all { $0.properties.numericType == .decimal }
        case "isdigit": return try all(\.isDigitInPython)
        case "isnumeric": return try all { $0.properties.numericType != nil }
        case "isalnum": return try all { $0.isLetterInPython || $0.properties.numericType != nil }
        case "isspace": return try all(\.isTemplateSpace)
        case "isascii": return .bool(text.utf8.allSatisfy { $0 < 0x80 })
        case "isprintable": return .bool(scalars.allSatisfy(\.isPrintableInPython))
        case "islower":
            return .bool(
                scalars.contains(where: \.isCasedInPython)
                    && !scalars.contains { $0.isCasedInPython && !$0.properties.isLowercase })
        case "isupper":
            return .bool(
                scalars.contains(where: \.isCasedInPython)
                    && !scalars.contains { $0.isCasedInPython && !$0.properties.isUppercase })
        case "istitle":
            var wasCased = false
            var hasAny = false
            for scalar in scalars {
                if scalar.properties.isLowercase {
                    guard wasCased else { return false }
                } else if scalar.isCasedInPython, wasCased {
                    return false
                }
                wasCased = scalar.isCasedInPython
                hasAny = hasAny || wasCased
            }
            return .bool(hasAny)
        case "isidentifier":
            guard let first = scalars.first else { return false }
            return .bool(
                (first == "_" || first.properties.isXIDStart)
                    && scalars.dropFirst().allSatisfy(\.properties.isXIDContinue))
        case "startswith", "endswith":
            guard let first = given.first, given.count <= 3 else { throw misfit(name) }
            let choices = first.list?.elements ?? [first]
            guard let part = try part(of: text, given.dropFirst(), name) else { return false }
            return .bool(
                try choices.contains { choice in
                    guard let mark = choice.string else { throw misfit(name) }
                    return name == "startswith"
                        ? part.text.utf8.starts(with: mark.utf8)
                        : part.text.utf8.count >= mark.utf8.count
                            && part.text.utf8.suffix(mark.utf8.count).elementsEqual(mark.utf8)
                })
        default: return nil
        }
    }

    /// The part of a text from one place to another; nil if the first lies behind the end.
    private func part(
        of text: String, _ bounds: ArraySlice<TemplateValue>, _ name: String
    ) throws -> (text: String, start: Int)? {
        let numbers = try bounds.map { bound -> Int? in
            guard bound.isNull || bound.integer != nil else { throw misfit(name) }
            return bound.integer
        }
        if numbers.allSatisfy({ $0 == nil }) { return (text, 0) }
        let scalars = Array(text.unicodeScalars)
        let from = numbers.first.flatMap(\.self)
        let places = Array(Self.indices(scalars.count, from, numbers.count > 1 ? numbers[1] : nil, 1))
        if let from, from > scalars.count { return nil }
        let (start, end) = (places.first ?? 0, places.last.map { $0 + 1 } ?? 0)
        if places.first == nil {
            let place = min(
                max((from ?? 0) < 0 ? max(from ?? 0, -scalars.count) + scalars.count : from ?? 0, 0),
                scalars.count)
            return ("", place)
        }
        return (String(String.UnicodeScalarView(scalars[start..<end])), start)
    }

    /// Methods that take a text apart or put it together.
    private func cut(_ name: String, _ text: String, _ given: [TemplateValue]) throws -> TemplateValue {
        func string(_ place: Int) throws -> String? {
            guard place < given.count, !given[place].isNull else { return nil }
            guard let text = given[place].string else { throw misfit(name) }
            return text
        }
        func integer(_ place: Int, _ otherwise: Int) throws -> Int {
            guard place < given.count, !given[place].isNull else { return otherwise }
            guard let number = given[place].integer else { throw misfit(name) }
            return number
        }
        func needed(_ place: Int) throws -> String {
            guard let text = try string(place) else { throw misfit(name) }
            return text
        }
        func strings(_ parts: [String]) throws -> TemplateValue {
            try make(bytes: text.utf8.count)
            return try list(parts.map(TemplateValue.string))
        }
        switch name {
        case "strip": return .string(try bounded(PythonText.trimmed(text, try string(0), .both)))
        case "lstrip": return .string(try bounded(PythonText.trimmed(text, try string(0), .start)))
        case "rstrip": return .string(try bounded(PythonText.trimmed(text, try string(0), .end)))
        case "removeprefix":
            let mark = try needed(0)
            return .string(
                text.utf8.starts(with: mark.utf8)
                    ? String(Substring(text.utf8.dropFirst(mark.utf8.count))) : text)
        case "removesuffix":
            let mark = try needed(0)
            let ends =
                text.utf8.count >= mark.utf8.count
                && text.utf8.suffix(mark.utf8.count).elementsEqual(mark.utf8)
            return .string(ends ? String(Substring(text.utf8.dropLast(mark.utf8.count))) : text)
        case "replace":
            guard (2...3).contains(given.count) else { throw misfit(name) }
            let most = given.count == 3 ? try integer(2, -1) : nil
            return .string(try replaced(text, try needed(0), try needed(1), most: most))
        case "split", "rsplit":
            let separator = try string(0)
            if separator?.isEmpty == true { throw fault("\(name): the separator is empty", nil) }
            let most = try integer(1, -1)
            return try strings(
                name == "split"
                    ? try PythonText.split(text, separator, most: most)
                    : try PythonText.splitFromEnd(text, separator, most: most))
        case "splitlines":
            return try strings(
                given.first?.isTrue == true ? try PythonText.linesWithEnds(text) : try PythonText.lines(text))
        case "partition", "rpartition": return try partitioned(name, text, try needed(0))
        case "join":
            guard given.count == 1 else { throw misfit(name) }
            var result = ""
            for (i, element) in try elements(of: given[0], "join").enumerated() {
                try count(1)
                guard let part = element.string else {
                    throw fault("join: element \(i + 1) is a \(element.typeName), not a string", "use | join")
                }
                result += (i > 0 ? text : "") + part
                try checkLength(result.utf8.count, times: 1)
            }
            return .string(try bounded(result))
        case "count": return .integer(try counted(text, try needed(0), given.dropFirst()))
        case "find", "rfind", "index", "rindex":
            let place = try place(of: try needed(0), in: text, given.dropFirst(), name)
            if place < 0, name.hasSuffix("index") {
                throw fault("\(name): the text does not have that part", nil)
            }
            return .integer(place)
        case "ljust", "rjust", "center":
            let fill = try string(1) ?? " "
            guard fill.unicodeScalars.count == 1 else { throw misfit(name) }
            return .string(try padded(text, try integer(0, 0), fill, name))
        case "zfill":
            let width = try integer(0, 0)
            let missing = width.subtractingReportingOverflow(text.unicodeScalars.count).partialValue
            guard width > 0, missing > 0 else { return .string(text) }
            try checkLength(width, times: 1)
            let zeros = String(repeating: "0", count: missing)
            let hasSign = text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
            return .string(try bounded(hasSign ? text.prefix(1) + zeros + text.dropFirst() : zeros + text))
        case "expandtabs":
            let size = try integer(0, 8)
            try checkLength(max(1, size), times: text.utf8.count { $0 == UInt8(ascii: "\t") })
            return .string(try bounded(try PythonText.expandingTabs(text, size)))
        case "format_map":
            guard given.count == 1, let table = given[0].table else { throw misfit(name) }
            let named = table.pairs.compactMap { pair in pair.key.string.map { (name: $0, value: pair.value) }
            }
            return .string(try formatted(text, with: TemplateFunction.Arguments(named: named)))
        case "encode": throw fault("encode: templates have no bytes", "leave it out")
        default: throw misfit(name)
        }
    }

    private func partitioned(_ name: String, _ text: String, _ mark: String) throws -> TemplateValue {
        guard !mark.isEmpty else { throw fault("\(name): the separator is empty", nil) }
        let (bytes, part) = (Array(text.utf8), Array(mark.utf8))
        let place =
            name == "partition"
            ? PythonText.firstIndex(of: part, in: bytes, from: 0)
            : PythonText.lastIndex(of: part, in: bytes, before: bytes.count)
        let parts: [String]
        if let place {
            parts = [
                String(decoding: bytes[..<place], as: UTF8.self), mark,
                String(decoding: bytes[(place + part.count)...], as: UTF8.self),
            ]
        } else {
            parts = name == "partition" ? [text, "", ""] : ["", "", text]
        }
        try make(bytes: text.utf8.count)
        return try list(parts.map(TemplateValue.string), isTuple: true)
    }

    private func counted(_ text: String, _ mark: String, _ bounds: ArraySlice<TemplateValue>) throws -> Int {
        guard let part = try part(of: text, bounds, "count") else { return 0 }
        return PythonText.countOccurrences(of: mark, in: part.text)
    }

    private func place(
        of mark: String, in text: String, _ bounds: ArraySlice<TemplateValue>, _ name: String
    ) throws -> Int {
        guard let part = try part(of: text, bounds, name) else { return -1 }
        let (bytes, wanted) = (Array(part.text.utf8), Array(mark.utf8))
        let found =
            name.hasPrefix("r")
            ? PythonText.lastIndex(of: wanted, in: bytes, before: bytes.count)
            : PythonText.firstIndex(of: wanted, in: bytes, from: 0)
        return found.map { part.start + String(decoding: bytes[..<$0], as: UTF8.self).unicodeScalars.count }
            ?? -1
    }

    /// A text with so many characters, at least.
    func padded(_ text: String, _ width: Int, _ fill: String, _ name: String) throws -> String {
        let count = text.unicodeScalars.count
        guard width > count else { return text }
        try checkLength(width, times: fill.utf8.count)
        let missing = width - count
        // Python's str.center puts the odd space on the left of an odd width.
        let left = name == "ljust" ? 0 : name == "rjust" ? missing : missing / 2 + (missing & width & 1)
        return try bounded(
            String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left))
    }
}
