/// A student made of parts that must be registered to be trained and saved.
public protocol WiredStudent: Student {
    /// Every part that is not registered, by its name; empty if all is well, or there is no network yet.
    func wiringFaults() -> [String]
}

/// A student that writes token by token and carries something from one token to the next.
public protocol SteppingStudent: Student {
    /// Writes texts about some inputs token by token, several for each, as a search does, and compares with what the
    /// network makes of the whole texts.
    ///
    /// - Returns: what differs; nil if nothing does.
    /// - Throws: what the network throws on the way, or `LyceumError.unsupported` before the first training.
    func steppingFault(_ inputs: [String]) throws -> String?
}
