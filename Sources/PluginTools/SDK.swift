import LyceumKit

/// What plugins are built against: the modules and libraries next to the program, whether it is an installation or a
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

    /// What identifies the interface of LyceumKit, and of LyceumTorch: a plugin that was built against another does not
    /// fit.
    ///
    /// - Returns: nil if the modules cannot be read.
    public func interface(torch: Bool) -> String? {
        let names = ["LyceumKit", "LyceumText"] + (torch ? ["LyceumTorch"] : [])
        let digests = names.map { FileDigest.of(path: Files.join(folder, "Modules/\($0).swiftmodule")) }
        let present = digests.compactMap { $0 }
        return present.count == names.count ? present.joined(separator: "-") : nil
    }

    /// The first line of `swift --version`; nil if there is no compiler on PATH.
    public static func swiftVersion() -> String? {
        guard let swift = ChildProcess.find("swift") else { return nil }
        var first: String?
        _ = try? ChildProcess(command: [swift, "--version"]).run(job: .silent(), limit: 20) { line in
            if first == nil, line.contains("Swift version") { first = line }
        }
        return first
    }
}
