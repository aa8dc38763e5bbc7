import LyceumKit

/// A teacher whose requests can have other parameters for one call: `max_tokens`, `temperature`, …
public protocol AdjustableTeacher: Teacher {
    /// The options that one call may set.
    var callOptions: [OptionDeclaration] { get }

    /// The same teacher with these parameters; what it uses counts as this one's.
    ///
    /// - Parameter options: checked against `callOptions`.
    func adjusted(_ options: Options) throws -> any Teacher
}
