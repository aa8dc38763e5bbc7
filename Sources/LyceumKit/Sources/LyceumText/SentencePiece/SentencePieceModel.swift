import CSentencePiece
import LyceumKit

/// A loaded SentencePiece model: the safe face of the C shim.
///
/// Immutable once loaded, and SentencePiece's own encoding and decoding are read-only, so any thread may use it.
final class SentencePieceModel: @unchecked Sendable {
    private let handle: OpaquePointer
    /// The serialized model, as it was read.
    let bytes: [UInt8]

    /// Loads the content of a .model file.
    ///
    /// - Parameters:
    ///   - bytes: the serialized model.
    ///   - name: names it in errors: a path.
    /// - Throws: `LyceumError.file`.
    init(_ bytes: [UInt8], name: String) throws {
        var loaded: OpaquePointer?
        let status = bytes.withUnsafeBytes { csp_model_load($0.baseAddress, $0.count, &loaded) }
        guard status == CSP_OK, let loaded else {
            throw LyceumError.file(
                path: name, line: nil, problem: "is no SentencePiece model (\(Self.lastError))",
                remedy: "check that the file is whole")
        }
        handle = loaded
        self.bytes = bytes
    }

    deinit { csp_model_free(handle) }

    /// Why the last call on this thread failed, in one line.
    static var lastError: String {
        String(cString: csp_last_error()).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    var size: Int { Int(csp_model_size(handle)) }
    var padID: Int { Int(csp_model_pad_id(handle)) }
    var eosID: Int { Int(csp_model_eos_id(handle)) }
    var unkID: Int { Int(csp_model_unk_id(handle)) }

    /// The text of a piece and whether it is a control piece, which no text gives.
    func piece(_ id: Int) throws -> (text: String, isControl: Bool) {
        var text: UnsafePointer<CChar>?
        var count = 0
        var kind = CSP_PIECE_NORMAL
        guard csp_model_piece(handle, Int32(clamping: id), &text, &count, &kind) == CSP_OK else {
            throw LyceumError.failed("piece \(id): \(Self.lastError)", remedy: nil)
        }
        let bytes = UnsafeRawBufferPointer(start: text, count: count)
        return (String(decoding: bytes, as: UTF8.self), kind == CSP_PIECE_CONTROL)
    }

    /// The ids of a text.
    func encode(_ text: String) throws -> [Int] {
        var text = text
        return try text.withUTF8 { utf8 in
            var ids: UnsafeMutablePointer<Int32>?
            var count = 0
            let status = utf8.withMemoryRebound(to: CChar.self) { chars in
                csp_encode(handle, chars.baseAddress, chars.count, &ids, &count)
            }
            guard status == CSP_OK else {
                throw LyceumError.failed(
                    "the text could not be split into pieces: \(Self.lastError)", remedy: nil)
            }
            defer { csp_release(ids) }
            return UnsafeBufferPointer(start: ids, count: count).map(Int.init)
        }
    }

    /// The text of ids, each of which must be in `0..<size`.
    func decode(_ ids: some Collection<Int>) throws -> String {
        let narrow = ids.map { Int32(clamping: $0) }
        var text: UnsafeMutablePointer<CChar>?
        var count = 0
        guard csp_decode(handle, narrow, narrow.count, &text, &count) == CSP_OK else {
            throw LyceumError.failed(
                "the ids could not be joined into a text: \(Self.lastError)", remedy: nil)
        }
        defer { csp_release(text) }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
    }
}
