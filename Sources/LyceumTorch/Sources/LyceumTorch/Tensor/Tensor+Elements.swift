internal import CTorch

// From Swift arrays to tensors and back.
extension Tensor {
    /// A float32 tensor on the CPU with a copy of `values`, row-major; without `shape`, of one dimension.
    public convenience init(_ values: [Float], shape: [Int]? = nil) throws {
        try self.init(copying: values, shape: shape ?? [values.count], dtype: .float32)
    }

    /// A float64 tensor on the CPU with a copy of `values`, row-major; without `shape`, of one dimension.
    public convenience init(_ values: [Double], shape: [Int]? = nil) throws {
        try self.init(copying: values, shape: shape ?? [values.count], dtype: .float64)
    }

    /// An int64 tensor on the CPU with a copy of `values`, row-major; without `shape`, of one dimension.
    public convenience init(_ values: [Int], shape: [Int]? = nil) throws {
        try self.init(copying: values, shape: shape ?? [values.count], dtype: .int64)
    }

    /// A bool tensor on the CPU with a copy of `values`, row-major; without `shape`, of one dimension.
    public convenience init(_ values: [Bool], shape: [Int]? = nil) throws {
        try self.init(copying: values, shape: shape ?? [values.count], dtype: .bool)
    }

    /// A uint8 tensor on the CPU with a copy of `values`, row-major; without `shape`, of one dimension.
    public convenience init(_ values: [UInt8], shape: [Int]? = nil) throws {
        try self.init(copying: values, shape: shape ?? [values.count], dtype: .uint8)
    }

    /// A tensor on the CPU from raw little-endian elements, row-major.
    public convenience init(bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType) throws {
        guard let count = shape.elementCount,
            count.multipliedReportingOverflow(by: dtype.byteCount).overflow == false
        else {
            throw TorchError.invalid("\(shape) is not a shape: sizes must be 0 or more and fit in memory")
        }
        guard bytes.count == count * dtype.byteCount else {
            throw TorchError.invalid(
                "a \(dtype) tensor of shape \(shape) has \(count) elements of \(dtype.byteCount) bytes, "
                    + "\(bytes.count) bytes were given")
        }
        var handle: OpaquePointer?
        let status = shape.withWords {
            ctorch_tensor_from_bytes(
                bytes.baseAddress, bytes.count, $0.baseAddress, $0.count, dtype.rawValue, &handle)
        }
        guard status == CTORCH_OK, let handle else { throw TorchError.last("Tensor(bytes:)") }
        try self.init(owning: handle)
    }

    private convenience init<Element>(copying values: [Element], shape: [Int], dtype: DType) throws {
        guard shape.elementCount == values.count else {
            throw TorchError.invalid(
                "a tensor of shape \(shape) cannot hold the \(values.count) values given")
        }
        let handle = try values.withUnsafeBytes { bytes in
            var handle: OpaquePointer?
            let status = shape.withWords {
                ctorch_tensor_from_bytes(
                    bytes.baseAddress, bytes.count, $0.baseAddress, $0.count, dtype.rawValue, &handle)
            }
            guard status == CTORCH_OK, let handle else { throw TorchError.last("Tensor(_:shape:)") }
            return handle
        }
        try self.init(owning: handle)
    }

    /// The elements as Float, row-major.
    public func floats() throws -> [Float] { try elements(as: .float32, 0) }

    /// The elements as Double, row-major.
    public func doubles() throws -> [Double] { try elements(as: .float64, 0) }

    /// The elements as Int, row-major; fractions are cut off.
    public func integers() throws -> [Int] { try elements(as: .int64, 0) }

    /// The elements as Bool, row-major; true where not zero.
    public func bools() throws -> [Bool] { try to(.bool).integers().map { $0 != 0 } }

    /// The only element.
    public func item() throws -> Double {
        guard count == 1, let value = try doubles().first else {
            throw TorchError.invalid("item: a tensor of shape \(shape) has \(count) elements, not one")
        }
        return value
    }

    private func elements<Element>(as dtype: DType, _ zero: Element) throws -> [Element] {
        let source = try to(dtype)
        let count = source.count
        return try Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            let status = ctorch_tensor_copy_bytes(
                source.handle, buffer.baseAddress, count * MemoryLayout<Element>.stride)
            guard status == CTORCH_OK else { throw TorchError.last("elements", [self]) }
            initialized = count
        }
    }

    /// Calls `body` with the elements' own memory, row-major, without a copy where they lie so on the CPU already.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let source = try to(.cpu).contiguous()
        return try withExtendedLifetime(source) {
            try body(
                UnsafeRawBufferPointer(
                    start: ctorch_tensor_data(source.handle), count: source.count * dtype.byteCount))
        }
    }
}

extension [Int] {
    /// The product of the sizes; nil when one is negative or the product does not fit.
    var elementCount: Int? {
        var product = 1
        for size in self {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            if size < 0 || overflow { return nil }
            product = next
        }
        return product
    }

    /// Calls `body` with the same numbers as C's int64_t.
    func withWords<Result>(_ body: (UnsafeBufferPointer<Int64>) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { try $0.withMemoryRebound(to: Int64.self, body) }
    }
}
