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
            for kind in Dataset.fileKinds { try registry.register(format(kind)) }
        }
    }

    /// A kind of file that datasets are read from and written to.
    private static func format(_ kind: FileKind) -> DataFormat {
        let id = String((kind.suffixes.first ?? "").drop { $0 == "." })
        return DataFormat(
            id: id, suffixes: kind.suffixes,
            summary: kind.suffixes.joined(separator: ", ") + " files, read and written"
                + (kind.mayBePacked ? ", also packed (.gz)" : ""),
            options: kind.readingOptions + kind.writingOptions,
            write: { table, path, options, job in
                let data =
                    try table as? Dataset
                    ?? Dataset(records: (0..<table.count).map { try table.record(at: $0) })
                guard !kind.writingOptions.isEmpty else { return try data.save(path, job: job) }
                try data.save(
                    path, compression: try options.string("compression"),
                    rowGroup: try options.int("row_group_size"), job: job)
            },
            read: { path, options, job in
                try Dataset.load(path, rowGroups: try FileKind.rowGroups(options), job: job)
            })
    }
}
