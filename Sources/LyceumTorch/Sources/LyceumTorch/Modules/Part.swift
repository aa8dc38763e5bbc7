/// A part of a module, registered under a name by declaring it.
///
/// ```swift
/// final class Block: Module {
///     @Part("layer.0.SelfAttention") private var attention: Attention
///     @Part("norms") private var norms: [RMSNorm]          // "norms.0", "norms.1", …
///     @Part("layer.*.gate") private var gates: [Linear]    // "layer.0.gate", "layer.1.gate", …
///     @Part("head") private var head: Linear?              // no part while it is nil
///
///     init(size: Int) throws {
///         super.init()
///         attention = try Attention(size)
///         norms = try (0..<2).map { _ in try RMSNorm(size) }
///     }
/// }
/// ```
///
/// As in PyTorch, `super.init()` comes first and the parts after it. A `Module` and a `Parameter` are trained and
/// saved; a `Tensor` is a buffer, which is saved and not trained. A part that is set again is replaced under its
/// name. `Module.register` is there for names that only `init` knows.
@propertyWrapper
public final class Part<Held: ModulePart> {
    @usableFromInline let name: String
    @usableFromInline var held: Held?

    /// Declares a part.
    ///
    /// - Parameter name: its path in the module, as the checkpoint has it; a star stands for the number of an
    ///   array's element, which else follows after a dot.
    public init(_ name: String) { self.name = name }

    /// Declares a part that is there from the start.
    public init(wrappedValue: Held, _ name: String) {
        self.name = name
        held = wrappedValue
    }

    /// The part.
    ///
    /// An optional one is nil until it is set. Any other must be set in `init`: a network with one that is not is
    /// refused before it computes, by its name (`Module.checkWiring`).
    @inlinable public var wrappedValue: Held {
        get { held ?? unset() }
        set { held = newValue }
    }

    @usableFromInline func unset() -> Held {
        if let nothing = Held.nothing { return nothing }
        fatalError(
            "the part '\(name)' of a module is used before it is set; set it in init, after super.init()")
    }
}

/// What a `Part` can be: a module, a parameter, a tensor (a buffer), an optional or an array of these.
public protocol ModulePart {
    /// What an unset part holds; nil if it must be set.
    static var nothing: Self? { get }
    /// The elements with their names.
    func elements(named name: String) -> [(name: String, element: ModuleElement)]
}

/// One element of a module.
public enum ModuleElement {
    /// Trained and saved.
    case parameter(Parameter)
    /// Looked into.
    case module(Module)
    /// Saved and not trained.
    case buffer(Tensor)
}

extension ModulePart {
    /// It must be set.
    public static var nothing: Self? { nil }
}

extension Module: ModulePart {
    /// Itself.
    public final func elements(named name: String) -> [(name: String, element: ModuleElement)] {
        [(name, .module(self))]
    }
}

extension Parameter: ModulePart {
    /// Itself.
    public func elements(named name: String) -> [(name: String, element: ModuleElement)] {
        [(name, .parameter(self))]
    }
}

extension Tensor: ModulePart {
    /// Itself, as a buffer.
    public func elements(named name: String) -> [(name: String, element: ModuleElement)] {
        [(name, .buffer(self))]
    }
}

extension Optional: ModulePart where Wrapped: ModulePart {
    /// There may be none.
    public static var nothing: Self? { .some(.none) }
    /// Those of what it holds.
    public func elements(named name: String) -> [(name: String, element: ModuleElement)] {
        self?.elements(named: name) ?? []
    }
}

extension Array: ModulePart where Element: ModulePart {
    /// Those of its elements, numbered from 0.
    public func elements(named name: String) -> [(name: String, element: ModuleElement)] {
        enumerated().flatMap { index, part in
            part.elements(
                named: name.contains("*") ? name.replacing("*", with: String(index)) : "\(name).\(index)")
        }
    }
}

/// A `Part`, whatever it holds.
protocol AnyPart: AnyObject {
    var name: String { get }
    /// What it holds now.
    var elements: [(name: String, element: ModuleElement)] { get }
    /// Whether it must be set and is not.
    var isMissing: Bool { get }
}

extension Part: AnyPart {
    var elements: [(name: String, element: ModuleElement)] { held?.elements(named: name) ?? [] }
    var isMissing: Bool { held == nil && Held.nothing == nil }
}
