/// A student whose folder can hold its weights in more than one number format.
public protocol PrecisionSavingStudent: Student {
    /// The formats by name: "fp32", "int8".
    static var savedPrecisions: [String] { get }

    /// Writes the student to a folder, which is replaced as a whole or not at all, with weights in one of these formats.
    ///
    /// - Throws: `LyceumError.badOption` for a format that is none of them.
    func save(to path: String, precision: String) throws
}
