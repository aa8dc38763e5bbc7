/// While training, sets a share of the elements to zero and scales up the others; else passes on what it gets.
///
/// What it drops is a function of the run's seed, the step, the layer and the element's place in its example: the same on
/// any number of threads and replicas. The mask is not stored but computed again in the backward pass. A layer that
/// no `Trainer` has taken over draws from libtorch's generator (see `Torch.manualSeed`).
/// Source: Srivastava et al., "Dropout" (2014).
public final class Dropout: Module {
    /// The share of elements that become zero, from 0 to 1.
    public var rate: Double
    /// The rate it was made with.
    let initialRate: Double
    /// The pass under way, and which of the network's dropout layers this one is.
    private var pass: DropoutPass?
    private var place = 0
    /// The pass in which `calls` was counted.
    private var counted = -1
    private var calls = 0
    private var key: UInt64 = 0

    /// Makes a dropout layer.
    public init(_ rate: Double) {
        self.rate = rate
        initialRate = rate
        super.init()
    }

    /// Drops elements of a tensor of any shape.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try self(x, nil) }

    /// Drops elements of packed rows [1, total, size]: the same as of padded ones.
    public func callAsFunction(_ x: Tensor, _ packing: RowPacking?) throws -> Tensor {
        guard let draw = try draw() else { return x }
        return try x.dropout(draw, packing)
    }

    /// Whether it changes what it gets.
    public var isActive: Bool { isTraining && rate > 0 }

    /// The random numbers of the next call; nil if nothing is dropped.
    func draw() throws -> DropoutDraw? {
        guard isActive else { return nil }
        guard let pass else { return DropoutDraw(rate: rate, key: try Torch.drawnKey(), call: 0, rows: []) }
        if counted != pass.number {
            counted = pass.number
            calls = 0
            key = pass.source.key(.dropout, pass.step, place)
        }
        calls += 1
        return DropoutDraw(
            rate: rate, key: key, call: UInt32(truncatingIfNeeded: calls), rows: pass.rows)
    }

    /// Whether the numbers of an earlier call can be had again.
    var canRewind: Bool { pass != nil || !isActive }

    /// How often it was called in the pass under way.
    var callsInPass: Int { counted == pass?.number ? calls : 0 }

    /// Goes back, or forward again, to a call of the pass under way.
    func rewind(to calls: Int) { if counted == pass?.number { self.calls = calls } }

    fileprivate func follow(_ pass: DropoutPass, as place: Int) {
        self.pass = pass
        self.place = place
        counted = -1
    }
}

extension Module {
    /// Lets every `Dropout` here and below draw from a run.
    final func follow(_ pass: DropoutPass) {
        for (place, dropout) in dropouts.enumerated() { dropout.follow(pass, as: place) }
    }

    /// Gives every `Dropout` the rate of its counterpart in a module of the same shape.
    final func copyDropout(of other: Module) {
        for (own, original) in zip(dropouts, other.dropouts) { own.rate = original.rate }
    }

    /// Every `Dropout` here and below.
    final var dropouts: [Dropout] { modules().compactMap { $0 as? Dropout } }
}
