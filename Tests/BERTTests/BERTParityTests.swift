import LyceumKit
import LyceumTorch
import NetworkTesting
import Testing

@testable import BERT

@Suite("BERT computes what transformers computes")
struct BERTParityTests {
    @Test(arguments: ["encoder", "unpooled", "masked"])
    func encoders(_ name: String) throws {
        let fixture = try BERTFixture(name)
        #expect(fixture.student.labels == nil)
        let rows = try fixture.rows()
        let batch = try TokenBatch(rows, padID: 0)
        let (states, pooled) = try noGrad {
            (try fixture.model.encode(batch), try fixture.model.pool(batch))
        }
        let expected = try fixture.tensor("states")
        for (row, ids) in rows.enumerated() {
            // What stands at padding is nobody's business.
            try expectClose(
                states.select(dim: 0, index: row).narrow(dim: 0, start: 0, length: ids.count),
                expected.select(dim: 0, index: row).narrow(dim: 0, start: 0, length: ids.count),
                relative: 1e-5, absolute: 1e-6, "\(name), states of row \(row)")
        }
        if name == "encoder" {
            try expectClose(pooled, fixture.tensor("pooled"), relative: 1e-5, absolute: 1e-6, "pooled")
        } else {
            // The pooler is drawn, and drawn the same each time.
            let again = try #require(try BERTFixture(name).student.model)
            #expect(try noGrad { try again.pool(batch) }.equal(pooled))
            #expect(try pooled.abs().max().item() > 0.001)
        }
    }

    @Test func logits() throws {
        let fixture = try BERTFixture("classifier")
        #expect(fixture.student.labels?.names == ["admin", "games", "libs"])
        let logits = try noGrad {
            try fixture.student.logits(TokenBatch(fixture.rows(), padID: 0))
        }
        try expectClose(logits, fixture.tensor("logits"), relative: 1e-5, absolute: 1e-6, "logits")
    }

    @Test func probabilitiesOfTexts() throws {
        let fixture = try BERTFixture("classifier")
        let expected = try BERTFixture.expected()
        let texts = try #require(expected["texts"]?.list).compactMap(\.string)
        let probabilities = try #require(expected["probabilities"]?.list).map {
            ($0.list ?? []).compactMap(\.number)
        }
        for size in [1, 32] {
            let answers = try BERTFixture.classify(fixture.student, texts, ["batch_size": .integer(size)])
            for (answer, row) in zip(answers, probabilities) {
                for (own, theirs) in zip(answer.probabilities, row) {
                    #expect(abs(own.probability - theirs) < 1e-5)
                }
            }
        }
    }

    @Test func lossAndGradients() throws {
        let fixture = try BERTFixture("classifier")
        fixture.model.train()
        fixture.model.setDropout(0)
        // Padded further than transformers does, as in training; beyond the last position, too.
        let batch = try TokenBatch(fixture.rows(), padID: 0, multiple: 56)
        let loss = try fixture.student.logits(batch).crossEntropy(target: fixture.tensor("labels"))
        try loss.backward()
        let expected = try #require(BERTFixture.expected()["loss"]?.number)
        #expect(abs(try loss.detach().item() - expected) <= 1e-5 * expected)
        let parameters = Dictionary(
            uniqueKeysWithValues: try #require(fixture.student.module).namedParameters().map {
                ($0.name, $0.parameter)
            })
        #expect(fixture.tensors.keys.filter { $0.hasPrefix("grad.") }.count == 12)
        for (name, expected) in fixture.tensors where name.hasPrefix("grad.") {
            let gradient = try #require(try parameters[String(name.dropFirst(5))]?.tensor.grad)
            try expectClose(gradient, expected, relative: 1e-4, absolute: 1e-6, name)
        }
    }

    @Test(arguments: ["adamw", "smoothed", "accumulated"])
    func twentySteps(_ name: String) throws {
        let run = try #require(
            RecordedTraining.all(in: BERTFixture.folder + "/classifier/expected.json")
                .first { $0.name == name })
        let student = try SequenceClassificationStudent<BERT>(folder: BERTFixture.folder + "/start")
        run.expectSameCurves(
            try run.train(
                student, declared: BERT.registration.trainingOptions,
                ["max_steps": 20, "max_source_length": 48]))
        try run.expectFinalLoss(student, ["precision": "fp32", "batch_size": 5])
    }
}
