import Lab
import LyceumKit

extension RunComparison {
    /// The scores of one evaluation over the same data.
    public struct ScoreGroup {
        /// The metric and its options, as its signature says.
        public let evaluation: String
        /// The fingerprint of the data that was scored.
        public let data: String
        /// Its figures, each with a value for every run.
        public let figures: [Figure]
        /// "*" where figures of a group need a word; empty otherwise.
        public internal(set) var mark = ""
        /// The word.
        public internal(set) var explanation = ""
    }

    /// The scores for people, by evaluation and data: without the parts of F.
    public var scoreGroups: [ScoreGroup] {
        var groups: [ScoreGroup] = []
        for figure in scores where !RunText.isDetail(figure.name) {
            if let last = groups.last, last.evaluation == figure.evaluation, last.data == figure.data {
                groups[groups.count - 1] = ScoreGroup(
                    evaluation: last.evaluation, data: last.data, figures: last.figures + [figure])
            } else {
                groups.append(
                    ScoreGroup(evaluation: figure.evaluation, data: figure.data, figures: [figure]))
            }
        }
        var mark = ""
        for place in groups.indices {
            let group = groups[place]
            var words: [String] = []
            if group.figures.contains(where: { !$0.isFair }) {
                words.append("computed in different ways: these do not compare")
            }
            if groups.contains(where: { $0.evaluation == group.evaluation && $0.data != group.data }) {
                words.append("\(group.evaluation) on data \(group.data.prefix(8))")
            }
            if words.isEmpty { continue }
            mark += "*"
            groups[place].mark = mark
            groups[place].explanation = words.joined(separator: "; ")
        }
        return groups
    }
}
