import Fuzzing

extension FuzzTarget {
    /// All of them.
    static var all: [FuzzTarget] {
        [
            json, jsonLines, delimited, template, promptFile, eventStream, sandboxedLua, sql, labFile,
            tokenizer, sentencePiece, configuration, safetensors, torchFile, columnStream, parquet,
        ]
    }
}
