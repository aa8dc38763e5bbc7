import LuaBridge

/// Turns what was typed into code.
struct ChunkReader {
    /// What a text turned out to be.
    enum Reading {
        /// Code that can run; its results are shown unless it is silent.
        case code(LuaClosure, isSilent: Bool)
        /// The beginning of something longer.
        case incomplete
    }

    let state: LuaState

    /// Compiles a text: as an expression if it is one, else as statements.
    ///
    /// - Throws: `LuaError` with the syntax error.
    func read(_ typed: String) throws -> Reading {
        let text = typed.hasPrefix("=") ? "return " + typed.dropFirst() : typed
        let isSilent = text.last { !$0.isWhitespace } == ";"
        let name = ErrorPrinter.promptName
        do {
            return .code(try state.load("return " + text, name: name), isSilent: isSilent)
        } catch let expression as LuaError {
            do {
                return .code(try state.load(text, name: name), isSilent: isSilent)
            } catch let statement as LuaError {
                if expression.isIncomplete || statement.isIncomplete { return .incomplete }
                throw statement
            }
        }
    }
}
