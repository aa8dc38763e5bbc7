import LyceumKit
import LyceumTorch
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
                relative: 1e-5, "\(name), states of row \(row)")
        }
        if name == "encoder" {
            try expectClose(pooled, fixture.tensor("pooled"), relative: 1e-5, "pooled")
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
        try expectClose(logits, fixture.tensor("logits"), relative: 1e-5, "logits")
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
            try expectClose(gradient, expected, relative: 1e-4, name)
        }
    }

    @Test(arguments: ["adamw", "smoothed", "accumulated"])
    func twentySteps(_ name: String) throws {
        let expected = try BERTFixture.expected()
        let run = try #require(
            expected["runs"]?.list?.compactMap(\.object).first { $0["name"]?.string == name })
        let pairs = try #require(expected["pairs"]?.list).map {
            Example(input: $0.object?["input"]?.string ?? "", target: $0.object?["target"]?.string ?? "")
        }
        let fixed: [String: Value] = [
            "shuffle": false, "group_by_length": false, "dropout": 0, "precision": "fp32", "max_steps": 20,
            "max_source_length": 48,
        ]
        let own = (expected["base"]?.object ?? [:]).merging(run["options"]?.object ?? [:]) { $1 }
        let student = try SequenceClassificationStudent<BERT>(folder: BERTFixture.folder + "/start")
        let report = try student.train(
            on: ExampleSource(pairs), validation: nil,
            options: Options(
                own.merging(fixed) { $1 }, declared: BERT.registration.trainingOptions,
                function: "student:train"),
            job: .silent())
        func curve(_ name: String) -> [Double] { run[name]?.list?.compactMap(\.number) ?? [] }
        expectCurve(report.history["loss"]?.map(\.value) ?? [], curve("loss"), relative: 1e-4, "loss")
        expectCurve(
            report.history["grad_norm"]?.map(\.value) ?? [], curve("grad_norm"), relative: 5e-3,
            "gradient norm")
        let loss = try student.loss(
            on: ExampleSource(pairs),
            options: Options(
                ["precision": "fp32", "batch_size": 5], declared: student.lossOptions,
                function: "student:loss"),
            job: .silent())
        let final = try #require(run["final_loss"]?.number)
        #expect(abs(loss - final) <= 1e-4 * final)
    }
}
