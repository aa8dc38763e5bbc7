import LyceumKit

extension TemplateFilter {
    /// Filters for HTML. Nothing is escaped unasked: a prompt is not a web page.
    static let markup: [String: TemplateFilter] = [
        "safe": TemplateFilter { .markup(try $0.text($1, "safe")) },
        "escape": TemplateFilter { evaluator, value in
            if case .markup = value { return value }
            return .markup(try evaluator.escaped(try evaluator.text(value, "escape")))
        },
        "forceescape": TemplateFilter { .markup(try $0.escaped(try $0.text($1, "forceescape"))) },
        "striptags": TemplateFilter {
            .string(try $0.bounded(try HTMLText.withoutTags(try $0.text($1, "striptags"))))
        },
        "urlencode": TemplateFilter { evaluator, value in
            switch value {
            case .table(let table): return .string(try evaluator.query(table.pairs))
            case .list(let list):
                return .string(
                    try evaluator.query(
                        try list.elements.map { element in
                            guard let pair = element.list?.elements, pair.count == 2 else {
                                throw evaluator.fault(
                                    "urlencode: expected pairs, got a \(element.typeName)", nil)
                            }
                            return (pair[0], pair[1])
                        }))
            default:
                return .string(try evaluator.quoted(try evaluator.text(value, "urlencode"), isQuery: false))
            }
        },
        "xmlattr": TemplateFilter(["autospace"]) { evaluator, value, arguments in
            guard let table = value.table else {
                throw evaluator.fault("xmlattr: expected a table, got a \(value.typeName)", nil)
            }
            var parts: [String] = []
            for (key, value) in table.pairs where !value.isNull && !value.isUndefined {
                let name = try evaluator.text(key)
                guard
                    !name.unicodeScalars.contains(where: {
                        " \t\n\r\u{B}\u{C}/>=".unicodeScalars.contains($0)
                    })
                else { throw evaluator.fault("xmlattr: '\(name)' cannot be the name of an attribute", nil) }
                var text = try evaluator.text(value)
                if case .markup = value {} else { text = try evaluator.escaped(text) }
                parts.append("\(try evaluator.escaped(name))=\"\(text)\"")
            }
            var text = parts.joined(separator: " ")
            if arguments.flag("autospace", true), !text.isEmpty { text = " " + text }
            return evaluator.escapes
                ? .markup(try evaluator.bounded(text)) : .string(try evaluator.bounded(text))
        },
        "urlize": TemplateFilter { evaluator, _ in
            throw evaluator.fault("urlize makes links of a web page, which a prompt is not", "leave it out")
        },
    ]
}

extension TemplateEvaluator {
    /// A text that is safe in HTML.
    func escaped(_ text: String) throws -> String {
        try count(bytes: text.utf8.count)
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "'"): result += "&#39;".utf8
            case UInt8(ascii: "\""): result += "&#34;".utf8
            default: result.append(byte)
            }
        }
        return try bounded(String(decoding: result, as: UTF8.self))
    }

    /// A text as a part of an address.
    fileprivate func quoted(_ text: String, isQuery: Bool) throws -> String {
        try checkLength(text.utf8.count, times: 1)
        var result = ""
        var ear = PythonText.Ear()
        for byte in text.utf8 {
            try ear.hear()
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "_.-~".utf8.contains(byte) || (!isQuery && byte == UInt8(ascii: "/"))
            if isPlain {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else if isQuery, byte == UInt8(ascii: " ") {
                result += "+"
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return try bounded(result)
    }

    fileprivate func query(_ pairs: [(key: TemplateValue, value: TemplateValue)]) throws -> String {
        let parts = try pairs.map { key, value in
            try quoted(try text(key), isQuery: true) + "=" + (try quoted(try text(value), isQuery: true))
        }
        return try bounded(parts.joined(separator: "&"))
    }
}

/// What a text of HTML says.
enum HTMLText {
    /// Markupsafe's `striptags`: without comments and tags, white space as single spaces, entities as characters.
    static func withoutTags(_ text: String) throws -> String {
        let plain = try removing(from: removing(from: Array(text.utf8), "<!--", "-->"), "<", ">")
        let words = String(decoding: plain, as: UTF8.self).unicodeScalars.split(
            whereSeparator: \.isTemplateSpace)
        return try withoutEntities(words.map { String($0) }.joined(separator: " "))
    }

    private static func removing(from bytes: [UInt8], _ open: String, _ close: String) throws -> [UInt8] {
        var result: [UInt8] = []
        var place = 0
        var ear = PythonText.Ear()
        while let start = PythonText.firstIndex(of: Array(open.utf8), in: bytes, from: place),
            let end = PythonText.firstIndex(of: Array(close.utf8), in: bytes, from: start)
        {
            try ear.hear()
            result += bytes[place..<start]
            place = end + close.utf8.count
        }
        return result + bytes[place...]
    }

    /// Entities as the characters that they stand for: numbers, and the names of HTML 4.
    static func withoutEntities(_ text: String) throws -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        var ear = PythonText.Ear()
        while let scalar = rest.popFirst() {
            try ear.hear()
            guard scalar == "&", let (found, length) = entity(rest) else {
                result.append(scalar)
                continue
            }
            result.append(contentsOf: found.unicodeScalars)
            rest = rest.dropFirst(length)
        }
        return String(result)
    }

    /// The character of an entity behind its "&", and how long that is.
    private static func entity(_ text: Substring.UnicodeScalarView) -> (text: String, length: Int)? {
        if text.first == "#" {
            let isHexadecimal = text.dropFirst().first == "x" || text.dropFirst().first == "X"
            let digits = text.dropFirst(isHexadecimal ? 2 : 1).prefix {
                isHexadecimal ? $0.properties.isASCIIHexDigit : ("0"..."9").contains($0)
            }
            guard !digits.isEmpty, digits.count <= 20 else { return nil }
            let length = digits.count + (isHexadecimal ? 2 : 1)
            let ends = text.dropFirst(length).first == ";"
            let code = UInt32(String(digits), radix: isHexadecimal ? 16 : 10)
            let scalar = code.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) } ?? "\u{FFFD}"
            return (String(scalar), length + (ends ? 1 : 0))
        }
        let name = text.prefix {
            $0.properties.isASCIIHexDigit || ("a"..."z").contains($0) || ("A"..."Z").contains($0)
        }
        guard name.count <= 10 else { return nil }
        if text.dropFirst(name.count).first == ";", let code = entities[String(name)] {
            return (String(Unicode.Scalar(code) ?? "\u{FFFD}"), name.count + 1)
        }
        // The oldest names need no semicolon; the longest one counts.
        for length in stride(from: name.count, to: 1, by: -1) {
            let part = String(name.prefix(length))
            if let code = entities[part], code <= 0xFF, part != "apos" {
                return (String(Unicode.Scalar(code) ?? "\u{FFFD}"), length)
            }
        }
        return nil
    }

    /// The names of HTML 4 and their characters.
    private static let entities: [String: UInt32] = {
        let pairs = named.split(whereSeparator: \.isWhitespace).compactMap { pair -> (String, UInt32)? in
            let parts = pair.split(separator: "=")
            return parts.count == 2 ? UInt32(parts[1]).map { (String(parts[0]), $0) } : nil
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }()

    private static let named = """
        AElig=198 Aacute=193 Acirc=194 Agrave=192 Alpha=913 Aring=197 Atilde=195 Auml=196 Beta=914
        Ccedil=199 Chi=935 Dagger=8225 Delta=916 ETH=208 Eacute=201 Ecirc=202 Egrave=200 Epsilon=917 Eta=919
        Euml=203 Gamma=915 Iacute=205 Icirc=206 Igrave=204 Iota=921 Iuml=207 Kappa=922 Lambda=923 Mu=924
        Ntilde=209 Nu=925 OElig=338 Oacute=211 Ocirc=212 Ograve=210 Omega=937 Omicron=927 Oslash=216
        Otilde=213 Ouml=214 Phi=934 Pi=928 Prime=8243 Psi=936 Rho=929 Scaron=352 Sigma=931 THORN=222 Tau=932
        Theta=920 Uacute=218 Ucirc=219 Ugrave=217 Upsilon=933 Uuml=220 Xi=926 Yacute=221 Yuml=376 Zeta=918
        aacute=225 acirc=226 acute=180 aelig=230 agrave=224 alefsym=8501 alpha=945 amp=38 and=8743 ang=8736
        apos=39 aring=229 asymp=8776 atilde=227 auml=228 bdquo=8222 beta=946 brvbar=166 bull=8226 cap=8745
        ccedil=231 cedil=184 cent=162 chi=967 circ=710 clubs=9827 cong=8773 copy=169 crarr=8629 cup=8746
        curren=164 dArr=8659 dagger=8224 darr=8595 deg=176 delta=948 diams=9830 divide=247 eacute=233
        ecirc=234 egrave=232 empty=8709 emsp=8195 ensp=8194 epsilon=949 equiv=8801 eta=951 eth=240 euml=235
        euro=8364 exist=8707 fnof=402 forall=8704 frac12=189 frac14=188 frac34=190 frasl=8260 gamma=947
        ge=8805 gt=62 hArr=8660 harr=8596 hearts=9829 hellip=8230 iacute=237 icirc=238 iexcl=161 igrave=236
        image=8465 infin=8734 int=8747 iota=953 iquest=191 isin=8712 iuml=239 kappa=954 lArr=8656 lambda=955
        lang=9001 laquo=171 larr=8592 lceil=8968 ldquo=8220 le=8804 lfloor=8970 lowast=8727 loz=9674
        lrm=8206 lsaquo=8249 lsquo=8216 lt=60 macr=175 mdash=8212 micro=181 middot=183 minus=8722 mu=956
        nabla=8711 nbsp=160 ndash=8211 ne=8800 ni=8715 not=172 notin=8713 nsub=8836 ntilde=241 nu=957
        oacute=243 ocirc=244 oelig=339 ograve=242 oline=8254 omega=969 omicron=959 oplus=8853 or=8744
        ordf=170 ordm=186 oslash=248 otilde=245 otimes=8855 ouml=246 para=182 part=8706 permil=8240
        perp=8869 phi=966 pi=960 piv=982 plusmn=177 pound=163 prime=8242 prod=8719 prop=8733 psi=968 quot=34
        rArr=8658 radic=8730 rang=9002 raquo=187 rarr=8594 rceil=8969 rdquo=8221 real=8476 reg=174
        rfloor=8971 rho=961 rlm=8207 rsaquo=8250 rsquo=8217 sbquo=8218 scaron=353 sdot=8901 sect=167 shy=173
        sigma=963 sigmaf=962 sim=8764 spades=9824 sub=8834 sube=8838 sum=8721 sup=8835 sup1=185 sup2=178
        sup3=179 supe=8839 szlig=223 tau=964 there4=8756 theta=952 thetasym=977 thinsp=8201 thorn=254
        tilde=732 times=215 trade=8482 uArr=8657 uacute=250 uarr=8593 ucirc=251 ugrave=249 uml=168 upsih=978
        upsilon=965 uuml=252 weierp=8472 xi=958 yacute=253 yen=165 yuml=255 zeta=950 zwj=8205 zwnj=8204
        """
}
