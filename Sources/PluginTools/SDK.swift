import LyceumKit

/// What plugins are built against: the modules and libraries beside the program, whether it is an installation or a
/// build folder of SwiftPM.
public struct SDK {
    /// The folder of the program.
    public let folder: String

    /// Checks that the folder holds what building needs.
    ///
    /// - Throws: `LyceumError.file` if something is missing.
    public init(folder: String) throws {
        self.folder = folder
        for name in ["Modules/LyceumKit.swiftmodule", "libLyceumKit.so", "libLyceumTorch.so"] {
            let path = Files.join(folder, name)
            if !Files.exists(path) {
                throw LyceumError.file(
                    path: path, line: nil,
                    problem: "is missing, so plugins cannot be built against this program",
                    remedy: "install Lyceum with scripts/install")
            }
        }
    }
}
