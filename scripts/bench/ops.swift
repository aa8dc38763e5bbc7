import COps
import LyceumTorch

/// Prints what operators cost in Swift and in C++, in microseconds: for each the least of many short runs, by turns.
@main enum OpsBench {
    private static let runs = 41
    private static let calls = 5000

    static func main() throws {
        try Torch.setThreads(1)
        let small = try Tensor.ones([2, 2])
        let square = try Tensor.ones([64, 64])
        try report("2x2 + 2x2", OPS_ADD_SMALL) { try small + small }
        try report("64x64 + 64x64", OPS_ADD) { try square + square }
        try report("2x2 * 2", OPS_MULTIPLY_SCALAR) { try small * 2 }
        try report("2x2 transposed", OPS_TRANSPOSE) { try small.transpose(0, 1) }
        try report("linear 64x64", OPS_LINEAR) { try square.linear(square) }
    }

    private static func report(
        _ name: String, _ direct: Int, _ body: () throws -> Tensor
    )
        throws
    {
        let clock = ContinuousClock()
        var (ours, theirs) = (Double.infinity, Double.infinity)
        try noGrad {
            for _ in 0..<runs {
                let time = try clock.measure { for _ in 0..<calls { _ = try body() } }
                ours = min(ours, time / .seconds(1))
                theirs = min(theirs, ops_direct(Int32(direct), Int64(calls)))
            }
        }
        func microseconds(_ seconds: Double) -> Double { seconds / Double(calls) * 1e6 }
        print(
            "\(name), one thread, least of \(runs)\t\(microseconds(ours))\tµs\tC++ direct\t\(microseconds(theirs))"
        )
    }
}
