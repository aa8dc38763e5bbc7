// Comparisons that PyTorch writes as operators and that are methods here: Swift's operators give one Boolean. They are
// there only to say so at the place where they are typed, whatever the result is used for.
extension Tensor {
    /// Use `a.eq(b)`.
    @available(
        *, unavailable,
        message: "write a.eq(b), which gives a tensor of true and false; a.equal(b) is one answer for all"
    )
    public static func == (a: Tensor, b: Tensor) -> Tensor { a }

    /// Use `a.eq(b)`.
    @available(
        *, unavailable,
        message: "write a.eq(b), which gives a tensor of true and false; a.equal(b) is one answer for all"
    )
    public static func == (a: Tensor, b: some TensorScalar) -> Tensor { a }

    /// Use `a.eq(b)`.
    @_disfavoredOverload
    @available(
        *, unavailable,
        message: "write a.eq(b), which gives a tensor of true and false; a.equal(b) is one answer for all"
    )
    public static func == (a: Tensor, b: Tensor) -> Bool { false }

    /// Use `a.eq(b)`.
    @_disfavoredOverload
    @available(
        *, unavailable,
        message: "write a.eq(b), which gives a tensor of true and false; a.equal(b) is one answer for all"
    )
    public static func == (a: Tensor, b: some TensorScalar) -> Bool { false }

    /// Use `a.ne(b)`.
    @available(*, unavailable, message: "write a.ne(b), which gives a tensor of true and false")
    public static func != (a: Tensor, b: Tensor) -> Tensor { a }

    /// Use `a.ne(b)`.
    @available(*, unavailable, message: "write a.ne(b), which gives a tensor of true and false")
    public static func != (a: Tensor, b: some TensorScalar) -> Tensor { a }

    /// Use `a.ne(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.ne(b), which gives a tensor of true and false")
    public static func != (a: Tensor, b: Tensor) -> Bool { false }

    /// Use `a.ne(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.ne(b), which gives a tensor of true and false")
    public static func != (a: Tensor, b: some TensorScalar) -> Bool { false }

    /// Use `a.gt(b)`.
    @available(*, unavailable, message: "write a.gt(b), which gives a tensor of true and false")
    public static func > (a: Tensor, b: Tensor) -> Tensor { a }

    /// Use `a.gt(b)`.
    @available(*, unavailable, message: "write a.gt(b), which gives a tensor of true and false")
    public static func > (a: Tensor, b: some TensorScalar) -> Tensor { a }

    /// Use `a.gt(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.gt(b), which gives a tensor of true and false")
    public static func > (a: Tensor, b: Tensor) -> Bool { false }

    /// Use `a.gt(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.gt(b), which gives a tensor of true and false")
    public static func > (a: Tensor, b: some TensorScalar) -> Bool { false }

    /// Use `a.lt(b)`.
    @available(*, unavailable, message: "write a.lt(b), which gives a tensor of true and false")
    public static func < (a: Tensor, b: Tensor) -> Tensor { a }

    /// Use `a.lt(b)`.
    @available(*, unavailable, message: "write a.lt(b), which gives a tensor of true and false")
    public static func < (a: Tensor, b: some TensorScalar) -> Tensor { a }

    /// Use `a.lt(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.lt(b), which gives a tensor of true and false")
    public static func < (a: Tensor, b: Tensor) -> Bool { false }

    /// Use `a.lt(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.lt(b), which gives a tensor of true and false")
    public static func < (a: Tensor, b: some TensorScalar) -> Bool { false }

    /// Use `a.ge(b)`.
    @available(*, unavailable, message: "write a.ge(b), which gives a tensor of true and false")
    public static func >= (a: Tensor, b: Tensor) -> Tensor { a }

    /// Use `a.ge(b)`.
    @available(*, unavailable, message: "write a.ge(b), which gives a tensor of true and false")
    public static func >= (a: Tensor, b: some TensorScalar) -> Tensor { a }

    /// Use `a.ge(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.ge(b), which gives a tensor of true and false")
    public static func >= (a: Tensor, b: Tensor) -> Bool { false }

    /// Use `a.ge(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.ge(b), which gives a tensor of true and false")
    public static func >= (a: Tensor, b: some TensorScalar) -> Bool { false }

    /// Use `a.le(b)`.
    @available(*, unavailable, message: "write a.le(b), which gives a tensor of true and false")
    public static func <= (a: Tensor, b: Tensor) -> Tensor { a }

    /// Use `a.le(b)`.
    @available(*, unavailable, message: "write a.le(b), which gives a tensor of true and false")
    public static func <= (a: Tensor, b: some TensorScalar) -> Tensor { a }

    /// Use `a.le(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.le(b), which gives a tensor of true and false")
    public static func <= (a: Tensor, b: Tensor) -> Bool { false }

    /// Use `a.le(b)`.
    @_disfavoredOverload
    @available(*, unavailable, message: "write a.le(b), which gives a tensor of true and false")
    public static func <= (a: Tensor, b: some TensorScalar) -> Bool { false }
}
