import LyceumKit

extension SequenceToSequenceStudent {
    /// Where the student computes from now on: the options' wish, or else the last one.
    ///
    /// - Throws: `LyceumError.unsupported` if it is CUDA, and there is none.
    func device(_ options: Options) throws -> Device {
        if let wish = DeviceChoice(options) { deviceChoice = wish }
        return try deviceChoice.resolve()
    }
}
