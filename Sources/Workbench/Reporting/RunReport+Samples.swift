import Lab
import LyceumKit

extension RunReport {
    /// The longest beginning of a source that is shown without asking.
    private static let leadLength = 320

    /// Rows side by side, with what the runs share with the human text marked.
    var sampleCards: String {
        if samples.isEmpty { return "" }
        let cards = samples.map { sample in
            var parts = ["<h3>row \(sample.row + 1)</h3>"]
            if let input = sample.input { parts.append(Self.source(input)) }
            let gold = sample.references.enumerated().map { number, text in
                Self.card(
                    sample.references.count == 1 ? "gold" : "gold \(number + 1)", PageText.escape(text),
                    class: "gold", figures: "")
            }
            let systems = zip(runs, sample.predictions).map { run, pair in
                guard let pair else {
                    return Self.card(
                        "run \(run.id)", "<em>not scored on this row</em>", class: "", figures: "")
                }
                return Self.card(
                    "run \(run.id)", Self.marked(pair.prediction, references: sample.references), class: "",
                    figures: Self.figures(pair))
            }
            parts.append("<div class=\"side\">\n\((gold + systems).joined(separator: "\n"))\n</div>")
            return "<article>\n\(parts.joined(separator: "\n"))\n</article>"
        }
        let legend = """
            <p>\(samples.count) of \(sampledRows) rows, drawn by chance. Marked is what stands in the gold text: \
            <mark class="one">a word</mark>, <mark class="two">two and more words in a row</mark>.</p>
            """
        return legend + "\n" + cards.joined(separator: "\n")
    }

    private static func source(_ text: String) -> String {
        if text.count <= leadLength { return "<p class=\"source\">\(PageText.escape(text))</p>" }
        let lead = text.prefix(leadLength)
        return "<p class=\"source\">\(PageText.escape(lead))…</p>\n"
            + "<details><summary>the whole source, \(text.count) characters</summary>"
            + "<p class=\"source\">\(PageText.escape(text))</p></details>"
    }

    private static func card(_ title: String, _ text: String, class name: String, figures: String) -> String {
        let body = text.isEmpty ? "<em>nothing</em>" : text
        return "<div class=\"card \(name)\"><h4>\(title)\(figures)</h4><p>\(body)</p></div>"
    }

    /// The text with what it shares with the references marked.
    static func marked(_ text: String, references: [String]) -> String {
        Overlap.pieces(of: text, in: references).map { piece in
            let safe = PageText.escape(piece.text)
            switch piece.length {
            case 0: return safe
            case 1: return "<mark class=\"one\">\(safe)</mark>"
            default: return "<mark class=\"two\">\(safe)</mark>"
            }
        }.joined()
    }

    private static func figures(_ pair: EvaluatedPair) -> String {
        let shown = ["rouge1", "rouge2", "rougeLsum"].compactMap { name in
            pair.figures[name].map { "\(RunText.title(name)) \(($0 * 100).fixed(1))" }
        }
        return shown.isEmpty ? "" : " <small>\(shown.joined(separator: ", "))</small>"
    }
}
