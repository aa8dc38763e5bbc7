import CXGBoost
import LyceumKit

/// What all calls of XGBoost's C interface share.
enum XGBoost {
    /// Turns a status into an error.
    ///
    /// - Parameters:
    ///   - status: 0, or -1.
    ///   - doing: what was tried: "training".
    /// - Throws: `LyceumError.failed` with the library's reason.
    static func check(_ status: Int32, _ doing: String) throws {
        if status == 0 { return }
        throw LyceumError.failed("XGBoost failed in \(doing): \(lastReason)", remedy: nil)
    }

    /// The library's last reason: without its time, its source line and its stack trace.
    private static var lastReason: String {
        let text = XGBGetLastError().map { String(cString: $0) } ?? ""
        let lines = text.split(separator: "\n").prefix { !$0.hasPrefix("Stack trace") }
        let first = lines.joined(separator: " ")
        guard let source = first.firstRange(of: ".cc:") ?? first.firstRange(of: ".h:") else { return first }
        return first[source.upperBound...].drop { $0.isNumber || $0 == ":" || $0 == " " }.description
    }

    /// A description of an array that XGBoost reads in place (NumPy's `__array_interface__`).
    static func arrayInterface<T>(_ array: UnsafeBufferPointer<T>, type: String) -> String {
        let address = array.baseAddress.map { UInt(bitPattern: $0) } ?? 0
        return "{\"data\":[\(address),true],\"shape\":[\(array.count)],\"typestr\":\"\(type)\",\"version\":3}"
    }
}

/// Rows with their labels, in XGBoost's memory.
final class DMatrix {
    let handle: DMatrixHandle

    /// Copies a matrix.
    ///
    /// - Parameter threads: 0 is all cores.
    /// - Throws: `LyceumError.failed`.
    init(_ matrix: SparseMatrix, threads: Int) throws {
        var made: DMatrixHandle?
        let configuration = "{\"missing\":NaN,\"nthread\":\(threads)}"
        try matrix.rowPlaces.withUnsafeBufferPointer { rows in
            try matrix.columns.withUnsafeBufferPointer { columns in
                try matrix.values.withUnsafeBufferPointer { values in
                    try XGBoost.check(
                        XGDMatrixCreateFromCSR(
                            XGBoost.arrayInterface(rows, type: "<u8"),
                            XGBoost.arrayInterface(columns, type: "<u4"),
                            XGBoost.arrayInterface(values, type: "<f4"),
                            bst_ulong(matrix.columnCount), configuration, &made),
                        "reading the features")
                }
            }
        }
        guard let made else { throw LyceumError.failed("XGBoost made no matrix", remedy: nil) }
        handle = made
    }

    deinit { XGDMatrixFree(handle) }

    /// Sets a figure of each row: "label", "weight".
    func set(_ field: String, _ values: [Float]) throws {
        try XGBoost.check(
            XGDMatrixSetFloatInfo(handle, field, values, bst_ulong(values.count)), "setting the \(field)s")
    }

    /// Sets how many consecutive rows are ranked against each other.
    func setGroups(_ sizes: [UInt32]) throws {
        try XGBoost.check(
            XGDMatrixSetUIntInfo(handle, "group", sizes, bst_ulong(sizes.count)), "setting the groups")
    }
}
