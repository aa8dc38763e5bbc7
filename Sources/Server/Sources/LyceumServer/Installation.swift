import Glibc
import LyceumKit
import PluginTools
import Workbench

/// The Lyceum that this server belongs to: its program, and where its plugins are.
public struct Installation: Sendable {
    private let executable: String?
    private let folders: [String]

    /// - Parameters:
    ///   - executable: the program `lyceum`; nil if the server was started by hand.
    ///   - folders: where plugins are looked for, the built-in ones first; none looks next to this program.
    public init(executable: String?, folders: [String]) {
        self.executable = executable
        self.folders = folders.isEmpty ? [Self.ownFolder] : folders
    }

    private static var ownFolder: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "." }
        return Files.parent(
            of: String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// The plugins; those that are not built in are tried in a process of their own first.
    public func pluginHost() -> PluginHost {
        guard let executable, let builtIn = folders.first else { return PluginHost(folders: folders) }
        let probe = PluginProbe(executable: executable, builtIn: builtIn, cache: Self.cache)
        return PluginHost(
            folders: folders, choice: Self.choice, probe: { try probe.check($0) },
            interface: { torch in (try? SDK(folder: builtIn))?.interface(torch: torch) })
    }

    /// Which plugins may be used: LYCEUM_PLUGINS, as in the prompt.
    private static var choice: PluginHost.Choice {
        guard let named = Environment.value("LYCEUM_PLUGINS") else { return .all }
        let ids = named.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        return .only(Set(ids), by: "LYCEUM_PLUGINS")
    }

    private static var cache: String? { Environment.folder("XDG_CACHE_HOME", fallback: ".cache") }

    /// The pages of a lab.
    public func labSite(folder: String) throws -> LabSite {
        LabSite(WorkSession(plugins: pluginHost(), lab: LabSession(folder: folder)))
    }

    /// Loads a student.
    ///
    /// - Parameters:
    ///   - device: "auto", "cpu" or "cuda".
    ///   - precision: of matrix products: "auto", "fp32", "bf16", "int8"; nil takes fp32, or what the weights are kept in.
    /// - Throws: `LyceumError` that names the file and what is missing.
    public func student(in folder: String, device: String, precision: String? = nil) throws -> LoadedStudent {
        let path = Files.join(folder, "config.json")
        let config = try JSON.decode(try Files.read(path), name: path)
        guard let type = config.object?["model_type"]?.string else {
            throw LyceumError.file(
                path: path, line: nil, problem: "names no model_type", remedy: "is it a checkpoint's config?")
        }
        let architecture = try pluginHost().student(modelType: type)
        let student = try architecture.load(folder)
        // A server runs for long: its folders may be replaced meanwhile.
        try (student as? any FileBackedStudent)?.leaveFiles()
        if let student = student as? any MovableStudent {
            try student.compute(on: device)
        } else if device == "cuda" {
            throw LyceumError.unsupported(
                "\(student.architecture) students compute on the CPU only", remedy: "leave --device out")
        }
        let kept = student.card.first { $0.name == "precision" }?.value
        if let kept, let precision, precision != kept, precision != "auto" {
            throw LyceumError.unsupported(
                "\(folder): its weights are kept in \(kept), which cannot compute in \(precision)",
                remedy: "leave --precision out")
        }
        return LoadedStudent(
            student, architecture: architecture, folder: folder, precision: kept ?? precision ?? "fp32")
    }
}

/// A student to serve, as it was named on the command line: FOLDER or NAME=FOLDER.
public struct StudentFolder: Sendable {
    /// What clients call it.
    public let name: String
    /// Where it is, as an absolute path.
    public let folder: String
    private let installation: Installation
    private let device: String
    private let precision: String?

    /// Reads an argument.
    ///
    /// - Throws: `LyceumError.file` if it names no folder of a student.
    public init(_ argument: String, installation: Installation, device: String, precision: String?) throws {
        var path = argument
        var chosen: String?
        if !Files.exists(argument), let sign = argument.firstIndex(of: "="), sign > argument.startIndex {
            chosen = String(argument[..<sign])
            path = String(argument[argument.index(after: sign)...])
        }
        guard Files.isFolder(path), let real = realpath(path, nil) else {
            throw LyceumError.file(
                path: path, line: nil, problem: Files.exists(path) ? "is not a folder" : "does not exist",
                remedy: "name a folder that student:save or Hugging Face's save_pretrained wrote")
        }
        defer { free(real) }
        folder = String(cString: real)
        guard Files.exists(Files.join(folder, "config.json")) else {
            throw LyceumError.file(
                path: path, line: nil, problem: "holds no config.json, so it is not a student",
                remedy: "name a folder that student:save or Hugging Face's save_pretrained wrote")
        }
        name = chosen ?? Files.name(of: folder)
        self.installation = installation
        self.device = device
        self.precision = precision
    }

    /// What the server serves.
    public var model: Serving.Model {
        let (installation, folder, device, precision) = (installation, folder, device, precision)
        return Serving.Model(name: name) {
            try installation.student(in: folder, device: device, precision: precision)
        }
    }
}
