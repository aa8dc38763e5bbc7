import LyceumKit

// The page as the lab keeps it. A page of another version, or of a damaged lab, is none.
extension WorkshopPage {
    private static let format = 1

    /// The page as JSON.
    var value: Value {
        [
            "format": .integer(Self.format), "sentence": .string(sentence), "rows": .integer(rowCount),
            "samples": .integer(samples), "confidence": .number(confidence),
            "deciding": deciding.map(Value.integer) ?? .null,
            "figures": .list(
                figures.map {
                    ["name": .string($0.name), "title": .string($0.title), "share": .bool($0.isShare)]
                }),
            "variants": .list(variants.map(\.value)), "differences": .list(differences.map(\.value)),
            "answers": .list(rows.map(\.value)),
        ]
    }

    /// Reads a page; nil if it is not one.
    init?(_ value: Value) {
        guard let fields = value.object, fields["format"]?.integer == Self.format,
            let sentence = fields["sentence"]?.string, let rowCount = fields["rows"]?.integer,
            let samples = fields["samples"]?.integer, samples > 0,
            let confidence = fields["confidence"]?.number, (0...1).contains(confidence),
            let figures = fields["figures"]?.all(Figure.init),
            let variants = fields["variants"]?.all({ Variant($0, figures: figures.count) }),
            let differences = fields["differences"]?.all({
                Difference($0, figures: figures.count, variants: variants.count)
            }),
            let rows = fields["answers"]?.all({
                Row($0, figures: figures.count, variants: variants.count)
            })
        else { return nil }
        let deciding = fields["deciding"]?.integer
        if let deciding, !figures.indices.contains(deciding) { return nil }
        (self.sentence, self.rowCount, self.samples, self.confidence) = (
            sentence, rowCount, samples, confidence
        )
        (self.figures, self.deciding, self.variants) = (figures, deciding, variants)
        (self.differences, self.rows) = (differences, rows)
    }
}

extension Value {
    /// Reads every element of a list; nil if this is not a list, or one of them cannot be read.
    fileprivate func all<T>(_ read: (Value) -> T?) -> [T]? {
        guard let elements = list else { return nil }
        let found = elements.compactMap(read)
        return found.count == elements.count ? found : nil
    }

    /// Numbers, of which some are not known.
    fileprivate var numbers: [Double?]? { all { $0.isNull ? Double??.some(nil) : $0.number.map { $0 } } }

    fileprivate static func number(_ number: Double?) -> Value {
        number.flatMap { $0.isFinite ? Value.number($0) : nil } ?? .null
    }

    fileprivate static func numbers(_ numbers: [Double?]) -> Value { .list(numbers.map(Value.number)) }
}

extension WorkshopPage.Figure {
    fileprivate init?(_ value: Value) {
        guard let fields = value.object, let name = fields["name"]?.string,
            let title = fields["title"]?.string,
            let isShare = fields["share"]?.bool
        else { return nil }
        self.init(name: name, title: title, isShare: isShare)
    }
}

extension WorkshopPage.Score {
    fileprivate var stored: Value { .numbers([value, low, high]) }

    fileprivate init?(_ stored: Value) {
        guard let numbers = stored.numbers, numbers.count == 3 else { return nil }
        self.init(value: numbers[0], low: numbers[1], high: numbers[2])
    }
}

extension WorkshopPage.Variant {
    fileprivate var value: Value {
        [
            "name": .string(name), "prompt_name": .string(promptName), "teacher": .string(teacherName),
            "prompt": .string(prompt), "run": run.map(Value.integer) ?? .null, "answered": .integer(answered),
            "wanted": .integer(wanted), "cost": .number(cost), "seconds": .number(seconds),
            "tokens": .number(tokens),
            "scores": .list(scores.map(\.stored)), "grid": .numbers(grid),
        ]
    }

    fileprivate init?(_ value: Value, figures: Int) {
        guard let fields = value.object, let name = fields["name"]?.string,
            let promptName = fields["prompt_name"]?.string, let teacher = fields["teacher"]?.string,
            let prompt = fields["prompt"]?.string, let answered = fields["answered"]?.integer,
            let wanted = fields["wanted"]?.integer,
            let scores = fields["scores"]?.all(WorkshopPage.Score.init), scores.count == figures,
            let grid = fields["grid"]?.numbers
        else { return nil }
        self.init(
            name: name, promptName: promptName, teacherName: teacher, prompt: prompt,
            run: fields["run"]?.integer,
            answered: answered, wanted: wanted, cost: fields["cost"]?.number,
            seconds: fields["seconds"]?.number,
            tokens: fields["tokens"]?.number, scores: scores, grid: grid)
    }
}

extension WorkshopPage.Difference {
    fileprivate var value: Value {
        [
            "figure": .integer(figure), "first": .integer(first), "second": .integer(second),
            "difference": difference.stored, "p": .number(p), "p_holm": .number(correctedP),
            "rows": .integer(rows),
        ]
    }

    fileprivate init?(_ value: Value, figures: Int, variants: Int) {
        guard let fields = value.object, let figure = fields["figure"]?.integer,
            (0..<figures).contains(figure),
            let first = fields["first"]?.integer, let second = fields["second"]?.integer,
            (0..<variants).contains(first), (0..<variants).contains(second),
            let difference = fields["difference"].flatMap(WorkshopPage.Score.init),
            let p = fields["p"]?.number, let correctedP = fields["p_holm"]?.number,
            let rows = fields["rows"]?.integer
        else { return nil }
        self.init(
            figure: figure, first: first, second: second, difference: difference, p: p,
            correctedP: correctedP, rows: rows)
    }
}

extension WorkshopPage.Cell {
    fileprivate var value: Value {
        [
            "text": text.map(Value.string) ?? .null, "problem": problem.map(Value.string) ?? .null,
            "scores": .numbers(scores), "tokens": tokens.map(Value.integer) ?? .null, "cost": .number(cost),
            "seconds": .number(seconds),
        ]
    }

    fileprivate init?(_ value: Value, figures: Int) {
        guard let fields = value.object, let scores = fields["scores"]?.numbers, scores.count == figures
        else { return nil }
        self.init(
            text: fields["text"]?.string, problem: fields["problem"]?.string, scores: scores,
            tokens: fields["tokens"]?.integer, cost: fields["cost"]?.number,
            seconds: fields["seconds"]?.number)
    }
}

extension WorkshopPage.Row {
    fileprivate var value: Value {
        [
            "fields": .list(fields.map { [.string($0.name), .string($0.text)] }),
            "references": .list(references.map(Value.string)),
            "cells": .list(cells.map { .list($0.map(\.value)) }),
        ]
    }

    fileprivate init?(_ value: Value, figures: Int, variants: Int) {
        guard let stored = value.object,
            let fields = stored["fields"]?.all({ pair -> WorkshopPage.Field? in
                guard let texts = pair.all(\.string), texts.count == 2 else { return nil }
                return WorkshopPage.Field(name: texts[0], text: texts[1])
            }),
            let references = stored["references"]?.all(\.string),
            let cells = stored["cells"]?.all({ list in
                list.all { WorkshopPage.Cell($0, figures: figures) }
            }), cells.count == variants
        else { return nil }
        self.init(fields: fields, references: references, cells: cells)
    }
}
