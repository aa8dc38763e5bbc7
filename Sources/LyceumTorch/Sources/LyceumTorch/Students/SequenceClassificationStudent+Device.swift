import LyceumKit

extension SequenceClassificationStudent: MovableStudent {
    /// Moves the network, or will when there is one.
    public func compute(on device: String) throws {
        guard let choice = DeviceChoice(rawValue: device) else { return }
        deviceChoice = choice
        try network?.move(to: choice.resolve())
    }

    /// Where the student computes from now on: the options' wish, or else the last one.
    ///
    /// - Throws: `LyceumError.unsupported` if it is CUDA, and there is none.
    func device(_ options: Options) throws -> Device {
        if let wish = DeviceChoice(options) { deviceChoice = wish }
        return try deviceChoice.resolve()
    }
}
