import Glibc
import LyceumKit
import Testing

@testable import LyceumTorch

/// In processes of their own: other tests would take the memory in between.
@Suite("Memory that is kept and used again") struct KeptMemoryTests {
    @Test func isUsedAgainWhileSomebodyWantsItKept() async {
        await #expect(processExitsWith: .success) {
            func address(_ elements: Int) throws -> UnsafeRawPointer? {
                try Tensor.full([elements], 1).withUnsafeBytes { $0.baseAddress }
            }
            try Torch.keepingMemory {
                let first = try address(4 << 20)
                #expect(try address(4 << 20) == first)
                #expect(try address(1 << 20) == first, "a part of it")
                // What lies next to each other is one piece when all of it is free.
                var parts = try (0..<4).map { _ in try Tensor.full([1 << 20], 1) }
                #expect(try parts[0].withUnsafeBytes { $0.baseAddress } == first)
                parts = []
                #expect(try address(4 << 20) == first)
                // A run within a run does not end the outer one.
                try Torch.keepingMemory {}
                #expect(try address(4 << 20) == first)
            }
        }
    }

    @Test func isBoundedAndGoesBackInTheEnd() async {
        await #expect(processExitsWith: .success) {
            func resident() throws -> Int {
                let pages = String(decoding: try Files.read("/proc/self/statm"), as: UTF8.self).split(
                    separator: " ")[1]
                return (Int(pages) ?? 0) * 4096 >> 20
            }
            // What threads and kernels need once.
            _ = try Tensor.full([1 << 20], 1)
            let before = try resident()
            try Torch.keepingMemory {
                // Each size is another: without a bound they would add up to gigabytes.
                for size in 1...60 { _ = try Tensor.full([size << 18], 1) }
                #expect(try resident() - before < 60 * 2, "MB, of which 60 were in use at once")
            }
            #expect(try resident() - before < 20)
        }
    }

    @Test func tensorsOutliveIt() throws {
        let kept = try Torch.keepingMemory { try Tensor.full([1 << 19], 2) }
        #expect(try kept.sum().item() == Double(1 << 20))
    }
}
