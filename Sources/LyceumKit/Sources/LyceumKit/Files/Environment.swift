import Glibc

/// The environment of the process.
public enum Environment {
    /// The value of a variable; nil if it is not set.
    public static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// The value of a variable that says something; nil if it is not set or empty.
    public static func text(_ name: String) -> String? {
        value(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// All variables.
    public static var all: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return variables
    }

    /// A folder of the XDG base directory specification, with `lyceum` appended.
    ///
    /// - Parameters:
    ///   - variable: "XDG_STATE_HOME"; a relative value is ignored, as the specification says.
    ///   - fallback: below the home folder: ".local/state".
    /// - Returns: nil if there is neither the variable nor a home folder.
    public static func folder(_ variable: String, fallback: String) -> String? {
        if let folder = value(variable), folder.hasPrefix("/") { return folder + "/lyceum" }
        return text("HOME").map { "\($0)/\(fallback)/lyceum" }
    }

    /// Where temporary files go.
    public static var temporaryFolder: String { text("TMPDIR") ?? "/tmp" }
}
