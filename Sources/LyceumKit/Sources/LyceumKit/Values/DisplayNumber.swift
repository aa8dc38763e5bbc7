/// Numbers as a person reads them: four significant digits, money as fine as it needs.
///
/// For tables and records on a screen only: files, scripts and the lab keep every digit.
public enum DisplayNumber {
    /// A number of a table: 433.0127 is "433.0", 0.85196 "0.852", 1.5e-7 "1.5e-07"; whole parts are never cut.
    public static func text(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "nan" : number < 0 ? "-inf" : "inf" }
        let size = abs(number)
        if size == 0 { return "0.0" }
        if size >= 1e15 || size < 1e-5 { return scientific(number) }
        var digits = 0
        var bound = 1000.0
        // One place less for every digit before the point.
        while digits < 8, size < bound {
            digits += 1
            bound /= 10
        }
        return trimmed(number.fixed(digits), keeping: 1)
    }

    /// An amount of money: two places, or two digits where it is less than a cent.
    public static func money(_ amount: Double) -> String {
        guard amount.isFinite else { return text(amount) }
        let size = abs(amount)
        if size == 0 || size >= 0.1 { return amount.fixed(2) }
        var places = 2
        var bound = 0.1
        while places < 12, size < bound {
            places += 1
            bound /= 10
        }
        return trimmed(amount.fixed(places), keeping: 2)
    }

    /// A value under a name: money where the name says so ("cost_usd"), else its number or text.
    public static func text(_ value: Value, named name: String) -> String {
        guard case .number(let number) = value else { return value.text }
        return isMoney(name) ? money(number) : text(number)
    }

    /// Whether a name is one of an amount in dollars.
    public static func isMoney(_ name: String) -> Bool {
        name.lowercased().split { !$0.isLetter }.contains("usd")
    }

    private static func scientific(_ number: Double) -> String {
        var exponent = 0
        var mantissa = number
        while abs(mantissa) >= 10 {
            mantissa /= 10
            exponent += 1
        }
        while abs(mantissa) < 1, exponent > -400 {
            mantissa *= 10
            exponent -= 1
        }
        if abs(mantissa) >= 9.9995 {
            mantissa /= 10
            exponent += 1
        }
        let digits = "\(abs(exponent))"
        return trimmed(mantissa.fixed(3), keeping: 1) + (exponent < 0 ? "e-" : "e+")
            + (digits.count < 2 ? "0" : "") + digits
    }

    /// Without zeros at the end of the fraction, of which some stay.
    private static func trimmed(_ text: String, keeping least: Int) -> String {
        guard let point = text.firstIndex(of: ".") else { return text }
        var end = text.endIndex
        while end > text.index(point, offsetBy: least + 1, limitedBy: text.endIndex) ?? text.endIndex,
            text[text.index(before: end)] == "0"
        {
            end = text.index(before: end)
        }
        return String(text[..<end])
    }
}
