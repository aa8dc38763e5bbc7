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
        print("microseconds per call     boxed   direct   difference")
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
        func microseconds(_ seconds: Double) -> String {
            let hundredths = Int((seconds / Double(calls) * 1e8).rounded())
            let digits = String(hundredths % 100)
            return pad("\(hundredths / 100).\(digits.count < 2 ? "0" + digits : digits)", 9)
        }
        print(
            name + String(repeating: " ", count: 22 - name.count) + microseconds(ours) + microseconds(theirs)
                + microseconds(max(0, ours - theirs)))
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
