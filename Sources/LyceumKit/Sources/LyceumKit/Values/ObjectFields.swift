/// The named values of an object, in the order in which a file holds them; by name where nobody gave an order.
///
/// Two objects are equal if they have the same values under the same names, whatever their order.
public struct ObjectFields: Sendable {
    /// The values by name.
    public let values: [String: Value]
    /// The names in their order; empty if that is the order of the names themselves.
    public let order: [String]

    /// Fields in the order of their names.
    public init(_ values: [String: Value]) {
        self.values = values
        order = []
    }

    /// Fields in this order. Of two equal names the later value wins, in the place of the first.
    public init(ordered fields: some Sequence<(String, Value)>) {
        var values: [String: Value] = [:]
        var order: [String] = []
        for (name, value) in fields where values.updateValue(value, forKey: name) == nil {
            order.append(name)
        }
        self.values = values
        let isSorted = zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
        self.order = isSorted ? [] : order
    }

    /// The names, in order.
    public var names: [String] { order.isEmpty ? values.keys.sorted() : order }

    /// How many fields there are.
    public var count: Int { values.count }

    /// Whether there are none.
    public var isEmpty: Bool { values.isEmpty }

    /// The value of a name; nil if there is none.
    public subscript(name: String) -> Value? { values[name] }

    /// The same names, in the same order, with other values.
    public func mapValues(_ transform: (Value) throws -> Value) rethrows -> ObjectFields {
        ObjectFields(try values.mapValues(transform), order)
    }

    private init(_ values: [String: Value], _ order: [String]) {
        self.values = values
        self.order = order
    }
}

extension ObjectFields: Hashable {
    /// Whether both have the same values under the same names.
    public static func == (a: ObjectFields, b: ObjectFields) -> Bool { a.values == b.values }

    /// Hashes names and values.
    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension ObjectFields: Sequence {
    /// A name and its value.
    public typealias Element = (key: String, value: Value)

    /// The fields, in order.
    public func makeIterator() -> some IteratorProtocol<Element> {
        names.lazy.compactMap { name in values[name].map { (key: name, value: $0) } }.makeIterator()
    }
}
