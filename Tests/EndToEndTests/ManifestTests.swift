import LyceumKit
import Testing

/// The manifests of the built-in plugins are what their libraries register:
/// `lyceum plugin describe --pretty LIBRARY > plugins/NAME/plugin.json` writes one.
@Suite struct ManifestTests {
    @Test(arguments: ["T5", "BART", "BERT", "LSTM", "GBDT"])
    func theManifestIsWhatTheLibraryRegisters(name: String) throws {
        let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))
        let program = try Program()
        defer { program.remove() }
        let library = Files.join(Files.parent(of: try Program.path), "lib\(name).so")
        let described = try program.run(["plugin", "describe", "--pretty", library])
        #expect(described.status == 0, "\(described.errors)")
        let path = "\(root)/plugins/\(name)/plugin.json"
        let written = String(decoding: try Files.read(path), as: UTF8.self)
        #expect(
            described.output == written,
            "plugins/\(name)/plugin.json differs: lyceum plugin describe --pretty \(library) > \(path)")
    }
}
