import Corpus
import Fuzzing
import Glibc
import LyceumKit

@testable import Parquet

// Parquet: the files, which a process of its own reads, and what that process sends.
extension FuzzTarget {
    /// What the helper sends.
    static var columnStream: FuzzTarget {
        var writer = ColumnStreamWriter()
        let words = Array("onetwothree".utf8)
        let valid = [true, false, true]
        writer.batch(
            rows: 3,
            [
                .nulls(3), .booleans([true, false, true], valid: valid), .integers([1, -2, 3], valid: nil),
                .numbers([0.5, .infinity, 1e300], valid: valid),
                .texts(offsets: [0, 3, 6, 11], bytes: words, valid: valid),
                .lists(offsets: [0, 2, 2, 3], elements: .integers([1, 2, 3], valid: nil), valid: valid),
                .structs(
                    count: 3, fields: [("a", .nulls(3)), ("b", .numbers([1, 2, 3], valid: nil))], valid: nil),
            ])
        writer.end()
        let header = Array(#"{"rows":3,"groups":1,"columns":["a","b","c","d","e","f","g"]}"#.utf8)
        let length = withUnsafeBytes(of: UInt32(header.count).littleEndian) { [UInt8]($0) }
        let start = ColumnStream.magic + [UInt8(ascii: "H")] + length + header
        return FuzzTarget(
            "column-stream", seeds: [], bytes: [start + writer.buffer], tokens: ["B", "E", "\"columns\""]
        ) { _ in
            { input in
                var place = 0
                let reader = ColumnStreamReader { target in
                    guard target.count <= input.count - place else {
                        throw ColumnStreamReader.Damaged(what: "end")
                    }
                    input.withUnsafeBytes {
                        target.copyMemory(from: .init(rebasing: $0[place..<place + target.count]))
                    }
                    place += target.count
                }
                let columns = try reader.header().columns.count
                while let batch = try reader.batch(columns: columns) {
                    for node in batch.nodes {
                        demand(node.count == batch.rows, "a node holds a value for each row")
                        if let valid = node.valid {
                            demand(valid.count == batch.rows, "and says which are null")
                        }
                    }
                }
            }
        }
    }

    /// Whole files, through the helper.
    static var parquet: FuzzTarget {
        let folder = repository("Tests/CorpusTests/Fixtures/parquet/")
        let names = ["types", "snappy", "none", "zstd", "gzip", "lz4", "brotli"]
        return FuzzTarget(
            "parquet", seeds: ["PAR1PAR1"],
            bytes: names.compactMap { try? Files.read(folder + $0 + ".parquet") }, tokens: ["PAR1"],
            longest: 1 << 17
        ) { folder in
            { input in
                try plainWrite(input, to: folder + "/x.parquet")
                let data = try Dataset.load(folder + "/x.parquet")
                for row in 0..<min(data.count, 3) { _ = try data.record(at: row) }
            }
        }
    }
}
