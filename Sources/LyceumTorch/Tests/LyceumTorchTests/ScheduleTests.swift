import LyceumKit
import LyceumTorch
import Testing

@Suite struct ScheduleTests {
    @Test func factorsAreThoseOfTransformers() throws {
        let cases = try #require(ModuleFixture.read("schedules").list)
        #expect(cases.count == 16)
        for example in cases {
            let name = try #require(example.field("name").string)
            let schedule = try #require(LearningRateSchedule(rawValue: name))
            let warmup = try #require(example.field("warmup").integer)
            let total = try #require(example.field("total").integer)
            for (step, rate) in try #require(example.field("rates").list).compactMap(\.number).enumerated() {
                let factor = schedule.factor(step: step, warmup: warmup, total: total)
                #expect(abs(factor - rate) < 1e-12, "\(name) \(warmup)/\(total) step \(step)")
            }
        }
    }
}
