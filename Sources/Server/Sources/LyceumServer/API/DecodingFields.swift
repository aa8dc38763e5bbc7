import LyceumKit

/// OpenAI's names for how a text is written, and vLLM's, as options of a student.
enum DecodingFields {
    /// What a request called an option: OpenAI's name, if it was given by that.
    static func name(of option: String, in fields: [String: Value]) -> String {
        let others = [
            "max_new_tokens": ["max_completion_tokens", "max_tokens"], "min_new_tokens": ["min_tokens"],
            "num_return_sequences": ["n"], "num_beams": ["best_of", "n"],
        ]
        let names = [option] + (others[option] ?? [])
        return names.first { fields[$0].map { !$0.isNull } ?? false } ?? option
    }

    /// Takes the fields that are known under another name.
    ///
    /// - Throws: `APIError` for a value that does not fit.
    static func options(
        _ reader: inout FieldReader, form: GenerationRequest.Form, limits: ServerLimits
    ) throws -> [String: Value] {
        var options: [String: Value] = [:]
        // max_completion_tokens is the newer name.
        let old = try length("max_tokens", &reader)
        if let most = try length("max_completion_tokens", &reader) ?? old {
            options["max_new_tokens"] = .integer(most)
        }
        if let least = try length("min_tokens", &reader, from: 0) {
            options["min_new_tokens"] = .integer(least)
        }
        let isSampled = try sampling(&reader, &options)
        try choices(&reader, &options, isSampled: isSampled, limits: limits)
        return options
    }

    private static func length(_ name: String, _ reader: inout FieldReader, from least: Int = 1) throws
        -> Int?
    {
        guard let value = try reader.integer(name) else { return nil }
        guard value >= least else {
            throw APIError.invalid(name, "'\(name)': expected at least \(least), got \(value)")
        }
        return value
    }

    /// Temperature 0 is the most probable text, as everywhere; without one the student's folder decides.
    private static func sampling(_ reader: inout FieldReader, _ options: inout [String: Value]) throws -> Bool
    {
        let temperature = try reader.number("temperature")
        let topP = try reader.number("top_p")
        let topK = try reader.integer("top_k")
        if let temperature, !(0...2).contains(temperature) {
            throw APIError.invalid("temperature", "'temperature': expected 0 to 2, got \(temperature)")
        }
        if let topP, !(topP > 0 && topP <= 1) {
            throw APIError.invalid("top_p", "'top_p': expected more than 0 and at most 1, got \(topP)")
        }
        let wished = reader.rest["do_sample"]?.bool
        // vLLM means "all" by -1.
        let limitsDraw = (topP.map { $0 < 1 } ?? false) || (topK.map { $0 > 0 } ?? false)
        let isSampled = wished ?? (temperature.map { $0 > 0 } ?? limitsDraw)
        if temperature != nil || limitsDraw { options["do_sample"] = .bool(isSampled) }
        let seed = try reader.integer("seed")
        guard isSampled else { return false }
        if let temperature, temperature > 0 { options["temperature"] = .number(temperature) }
        if let topP { options["top_p"] = .number(topP) }
        if let topK { options["top_k"] = .integer(max(topK, 0)) }
        // Draws, not the beams that the folder may say.
        if reader.rest["num_beams"] == nil { options["num_beams"] = 1 }
        // OpenAI draws again unless a seed is given.
        options["seed"] = .integer(seed ?? Int.random(in: 0...Int(Int32.max)))
        return true
    }

    private static func choices(
        _ reader: inout FieldReader, _ options: inout [String: Value], isSampled: Bool, limits: ServerLimits
    ) throws {
        let count = try length("n", &reader) ?? 1
        let best = try length("best_of", &reader) ?? count
        _ = try reader.bool("use_beam_search")
        guard best >= count else {
            throw APIError.invalid("best_of", "'best_of': expected at least n (\(count)), got \(best)")
        }
        if count > 1 { options["num_return_sequences"] = .integer(count) }
        // Several texts of which none is drawn are the beams of one search.
        if !isSampled, best > 1, reader.rest["num_beams"] == nil { options["num_beams"] = .integer(best) }
    }
}
