import LyceumKit
import LyceumTorch
import Testing

/// Fixtures/modules.json, which scripts/fixtures/modules.py writes.
enum ModuleFixture {
    static func read(_ section: String) throws -> Value {
        let path = try fixture("modules.json")
        return try #require(JSON.decode(Files.read(path), name: path).object?[section])
    }
}

extension Value {
    /// A field that the fixture must hold.
    func field(_ name: String) throws -> Value { try #require(object?[name], "no field \(name)") }

    /// A number that the fixture must hold.
    func number(_ name: String) throws -> Double { try #require(field(name).number) }

    /// A tensor: {"shape": …, "data": …}.
    func tensor(_ name: String, dtype: DType = .float32) throws -> Tensor {
        let value = try field(name)
        let shape = try #require(value.field("shape").list).compactMap(\.integer)
        let data = try #require(value.field("data").list).compactMap(\.number)
        return try Tensor(data, shape: shape).to(dtype)
    }
}
