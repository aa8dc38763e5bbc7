import LyceumKit

extension Plot {
    /// Figures of runs over one another.
    ///
    /// - Parameters:
    ///   - names: the figures; empty for the losses that all of them have.
    ///   - smoothing: the weight of the past in a moving mean; nil smooths a curve that could not be read otherwise,
    ///     and its name says so.
    ///   - isLogarithmic: whether y grows by factors.
    /// - Throws: `LyceumError.unknownName` for a figure that a run has not recorded, `LyceumError.empty` if there is
    ///   nothing to draw.
    public init(of runs: [OpenRun], names: [String], smoothing: Double?, isLogarithmic: Bool) throws {
        let names = try names.isEmpty ? Self.usualFigures(of: runs) : names
        var series: [Series] = []
        for run in runs {
            for name in names {
                let points = try run.curve(name)
                let who = run.number.map { "run \($0)" } ?? ""
                let label =
                    runs.count == 1 ? name : names.count == 1 ? "\(who) \(run.title)" : "\(who) \(name)"
                let measured = points.map { (x: Double($0.step), y: $0.value) }
                let own = smoothing == nil ? Self.readableSmoothing(of: measured) : 0
                series.append(
                    Series(
                        name: own > 0 ? label + " (smoothed)" : label,
                        points: Self.smoothed(measured, by: own)))
            }
        }
        try self.init(
            title: names.joined(separator: ", "), series: series, smoothing: smoothing ?? 0,
            isLogarithmic: isLogarithmic)
    }

    /// Of the losses those that all runs have.
    private static func usualFigures(of runs: [OpenRun]) throws -> [String] {
        let recorded = try runs.map { try $0.history() }
        let losses = ["loss", "eval_loss"].filter { name in recorded.allSatisfy { $0[name] != nil } }
        if losses.isEmpty {
            throw LyceumError.empty(
                "the list of figures", remedy: "these runs have no loss in common: name the figure to draw")
        }
        return losses
    }
}
