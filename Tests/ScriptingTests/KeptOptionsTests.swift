import Foundation
import LyceumKit
import TestSupport
import Testing

/// What `lyceum plugin prepare` keeps of the built-in plugins.
@Suite(.serialized) struct KeptOptionsTests {
    /// A folder whose plugins are those that the package built, with manifests of their own.
    private func plugins(in folder: String) throws {
        let files = FileManager.default
        for name in Files.list(buildFolder) where name.hasPrefix("lyceum_") && name.hasSuffix(".resources") {
            let manifest = Files.join(Files.join(buildFolder, name), "plugin.json")
            guard Files.exists(manifest) else { continue }
            try Files.makeFolder(Files.join(folder, name))
            try files.copyItem(atPath: manifest, toPath: folder + "/\(name)/plugin.json")
            let library = try PluginManifest(path: manifest).library
            let file = Files.name(of: library)
            try files.createSymbolicLink(
                atPath: folder + "/" + file, withDestinationPath: buildFolder + "/" + file)
        }
    }

    @Test func theyAreWhatThePluginsDeclare() throws {
        try withFolder { folder in
            try plugins(in: folder)
            let opening = PluginHost(folders: [folder])
            let ids = opening.students.map(\.id)
            #expect(ids.contains("t5") && ids.contains("gbdt"))
            #expect(opening.keepOptions().isEmpty)
            let reading = PluginHost(folders: [folder])
            for id in ids {
                let architecture = try opening.student(named: id)
                let kept = try reading.options(ofStudent: id)
                #expect(kept["configuration"] == architecture.configuration)
                #expect(kept["training"] == architecture.trainingOptions)
                #expect(kept["generation"] == architecture.generationOptions)
                #expect(kept["classification"] == architecture.classificationOptions)
            }
            #expect(reading.plugins.allSatisfy { !$0.isOpen })
        }
    }

    @Test func anOlderFileIsNotBelieved() throws {
        try withFolder { folder in
            try plugins(in: folder)
            let kept = folder + "/lyceum_GBDT.resources/.lyceum-options.json"
            try Files.write(#"{"gbdt":{"configuration":[]}}"#, to: kept)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: kept)
            let host = PluginHost(folders: [folder])
            #expect(try host.options(ofStudent: "xgboost")["configuration"]?.isEmpty == false)
            #expect(host.plugins.contains { $0.isOpen })
            #expect(throws: LyceumError.self) { try host.options(ofStudent: "gbtd") }
        }
    }
}
