import LyceumKit
import Testing

@Suite struct ByteSearchTests {
    private func offset(_ part: String, _ whole: String) -> Int? {
        ByteSearch.firstIndex(of: Array(part.utf8), in: Array(whole.utf8))
    }

    @Test("finds the first place")
    func places() {
        #expect(offset("b", "abcb") == 1)
        #expect(offset("abcb", "abcb") == 0)
        #expect(offset("abcbx", "abcb") == nil)
        #expect(offset("", "abc") == 0)
        #expect(offset("", "") == 0)
        #expect(offset("a", "") == nil)
    }

    /// Comparing every place takes 10¹² steps here.
    @Test("takes linear time")
    func linear() {
        let part = String(repeating: "a", count: 1_000_000) + "b"
        #expect(offset(part, String(repeating: "a", count: 2_000_000)) == nil)
    }
}
