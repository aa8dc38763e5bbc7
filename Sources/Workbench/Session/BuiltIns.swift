import Corpus
import Evaluation
import LyceumKit

/// What Lyceum itself brings, registered like the plugins' own.
enum BuiltIns {
    /// Registers it, once for each host.
    static func register(in host: PluginHost) {
        guard host.builtIn.teachers.isEmpty else { return }
        host.registerBuiltIns { registry in
            for kind in BuiltInTeachers.all { try registry.register(kind) }
            for metric in Metrics.all { try registry.register(metric) }
            for suffixes in Dataset.suffixes { try registry.register(format(suffixes)) }
        }
    }

    /// A kind of file that datasets are read from and written to.
    private static func format(_ suffixes: [String]) -> DataFormat {
        let id = String((suffixes.first ?? "").drop { $0 == "." })
        return DataFormat(
            id: id, suffixes: suffixes,
            summary: "\(suffixes.joined(separator: ", ")) files, read and written",
            write: { table, path, _, job in
                let data =
                    try table as? Dataset
                    ?? Dataset(records: (0..<table.count).map { try table.record(at: $0) })
                try data.save(path, job: job)
            },
            read: { path, _, job in try Dataset.load(path, job: job) })
    }
}
