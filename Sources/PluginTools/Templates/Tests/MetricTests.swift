import LyceumKit
import Testing

@testable import PluginTemplates

@Test func metricContract() {
    for outcome in MetricContract(Novelty.registration).run() { #expect(outcome.isKept, "\(outcome)") }
}

@Test func countsNewWords() {
    #expect(Novelty.novelty("a cat ran", ["A cat sat.", "it ran"]) == 0)
    #expect(Novelty.novelty("a red cat slept", ["a cat"]) == 0.5)
    #expect(Novelty.novelty("", ["a cat"]) == 0)
}
