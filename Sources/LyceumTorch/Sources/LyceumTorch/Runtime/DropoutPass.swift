/// Where a training run stands, as its dropout layers need to know it: which elements they drop is a function of the
/// run's seed, the step, the layer, how often it was called in this pass, and the element's place in its example.
///
/// Each replica of a network has one of its own; whoever runs a forward pass says first what it reads.
final class DropoutPass {
    let source: RandomSource
    /// The step under way.
    private(set) var step = 0
    /// The numbers of the examples in the batch, by row.
    private(set) var rows: [Int64] = []
    /// How many passes have begun: layers count their calls within one.
    private(set) var number = 0

    init(_ source: RandomSource) { self.source = source }

    /// Begins a forward pass over some examples.
    func begin(step: Int, rows: [Int]) {
        self.step = step
        self.rows = rows.map { Int64($0) }
        number += 1
    }
}
