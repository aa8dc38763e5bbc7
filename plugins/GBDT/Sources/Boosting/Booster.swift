import CXGBoost
import LyceumKit

/// An ensemble of trees.
final class Booster {
    private let handle: BoosterHandle

    /// Makes an ensemble without trees.
    ///
    /// - Parameters:
    ///   - parameters: by XGBoost's names.
    ///   - matrix: what it will be trained on.
    /// - Throws: `LyceumError.failed`.
    init(_ parameters: [(name: String, value: String)], for matrix: DMatrix) throws {
        var made: BoosterHandle?
        let matrices: [DMatrixHandle?] = [matrix.handle]
        try XGBoost.check(XGBoosterCreate(matrices, 1, &made), "making a booster")
        handle = try Self.unwrap(made)
        try set(parameters)
    }

    /// Reads an ensemble out of XGBoost's JSON.
    ///
    /// - Throws: `LyceumError.failed`.
    init(json: [UInt8]) throws {
        var made: BoosterHandle?
        try XGBoost.check(XGBoosterCreate(nil, 0, &made), "making a booster")
        handle = try Self.unwrap(made)
        try set([("verbosity", "0")])
        try XGBoost.check(
            XGBoosterLoadModelFromBuffer(handle, json, bst_ulong(json.count)), "reading the trees")
    }

    private init(handle: BoosterHandle) { self.handle = handle }

    deinit { XGBoosterFree(handle) }

    private static func unwrap(_ handle: BoosterHandle?) throws -> BoosterHandle {
        guard let handle else { throw LyceumError.failed("XGBoost made no booster", remedy: nil) }
        return handle
    }

    /// Sets parameters by XGBoost's names.
    func set(_ parameters: [(name: String, value: String)]) throws {
        for (name, value) in parameters {
            try XGBoost.check(XGBoosterSetParam(handle, name, value), "setting \(name) = \(value)")
        }
    }

    /// Grows the trees of one round.
    func update(round: Int, on matrix: DMatrix) throws {
        try XGBoost.check(
            XGBoosterUpdateOneIter(handle, Int32(clamping: round), matrix.handle), "training")
    }

    /// The metric that the parameters name, on labelled rows.
    func evaluate(round: Int, on matrix: DMatrix) throws -> Double {
        var matrices: [DMatrixHandle?] = [matrix.handle]
        var text: UnsafePointer<CChar>?
        try "rows".withCString { name in
            var names: [UnsafePointer<CChar>?] = [name]
            try XGBoost.check(
                XGBoosterEvalOneIter(handle, Int32(clamping: round), &matrices, &names, 1, &text),
                "measuring the loss")
        }
        // "[3]\trows-mlogloss:0.51203"
        let line = text.map { String(cString: $0) } ?? ""
        let figure = line.lastIndex(of: ":").map { line[line.index(after: $0)...] } ?? ""
        return Double(figure) ?? .nan
    }

    /// What the trees say of each row: [rows, outputs], row after row.
    func predict(_ matrix: DMatrix) throws -> (values: [Float], outputs: Int) {
        let configuration = """
            {"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}
            """
        var shape: UnsafePointer<bst_ulong>?
        var dimensions: bst_ulong = 0
        var values: UnsafePointer<Float>?
        try XGBoost.check(
            XGBoosterPredictFromDMatrix(
                handle, matrix.handle, configuration, &shape, &dimensions, &values),
            "predicting")
        let sizes = UnsafeBufferPointer(start: shape, count: Int(dimensions)).map { Int($0) }
        let count = sizes.reduce(1, *)
        return (Array(UnsafeBufferPointer(start: values, count: count)), sizes.count > 1 ? sizes[1] : 1)
    }

    /// How many rounds it has been trained for.
    var rounds: Int {
        get throws {
            var rounds: Int32 = 0
            try XGBoost.check(XGBoosterBoostedRounds(handle, &rounds), "counting the rounds")
            return Int(rounds)
        }
    }

    /// How many columns it reads.
    var columnCount: Int {
        get throws {
            var count: bst_ulong = 0
            try XGBoost.check(XGBoosterGetNumFeature(handle, &count), "counting the features")
            return Int(count)
        }
    }

    /// An ensemble of the first rounds alone.
    func prefix(_ rounds: Int) throws -> Booster {
        var made: BoosterHandle?
        try XGBoost.check(
            XGBoosterSlice(handle, 0, Int32(clamping: rounds), 1, &made), "taking the first \(rounds) rounds")
        return Booster(handle: try Self.unwrap(made))
    }

    /// The ensemble as XGBoost's JSON.
    func json() throws -> [UInt8] {
        var length: bst_ulong = 0
        var bytes: UnsafePointer<CChar>?
        try XGBoost.check(
            XGBoosterSaveModelToBuffer(handle, "{\"format\":\"json\"}", &length, &bytes), "writing the trees")
        return UnsafeBufferPointer(start: bytes, count: Int(length)).map { UInt8(bitPattern: $0) }
    }

    /// The mean gain of the splits on each column that any tree splits on.
    func gains() throws -> [(column: Int, gain: Double)] {
        var count: bst_ulong = 0
        var names: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var dimensions: bst_ulong = 0
        var shape: UnsafePointer<bst_ulong>?
        var scores: UnsafePointer<Float>?
        try XGBoost.check(
            XGBoosterFeatureScore(
                handle, "{\"importance_type\":\"gain\"}", &count, &names, &dimensions, &shape, &scores),
            "computing the importances")
        guard let names, let scores else { return [] }
        return (0..<Int(count)).compactMap { i in
            // Columns without a name are called f0, f1, …
            guard let name = names[i], let column = Int(String(cString: name).dropFirst()) else { return nil }
            return (column, Double(scores[i]))
        }
    }
}
