extension JSON {
    /// A document in which equal keys of an object are all there, in the order of the text: for formats that forbid them.
    public indirect enum Tree: Sendable {
        /// An object.
        case object([(name: String, value: Tree)])
        /// A list.
        case list([Tree])
        /// Anything else.
        case scalar(Value)

        /// The first key that an object has twice, if there is one.
        public static func repeatedName(_ fields: [(name: String, value: Tree)]) -> String? {
            var seen: Set<String> = []
            return fields.first { !seen.insert($0.name).inserted }?.name
        }
    }

    /// Reads one document with all of its keys; see `decode`.
    ///
    /// - Parameters:
    ///   - bytes: the document, UTF-8.
    ///   - name: what to call it in errors: the path of a file.
    /// - Throws: `LyceumError.file` with the line and what was found there.
    public static func decodeTree(_ bytes: [UInt8], name: String) throws -> Tree {
        try bytes.withUnsafeBufferPointer { all in
            let parser = try JSONParser()
            var reader = try parser.parse(all[...], in: all, name: name)
            // The nodes belong to the parser.
            return withExtendedLifetime(parser) { reader.nextTree() }
        }
    }
}
