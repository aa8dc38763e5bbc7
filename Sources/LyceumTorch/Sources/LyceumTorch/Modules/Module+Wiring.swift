extension Module {
    /// What is wrong with the wiring of this module and all below: parts that were never set, and modules and
    /// parameters that are stored in a property and registered nowhere, which would be neither trained nor saved nor
    /// moved. "BadPlugin.head is a Linear that is not registered: declare it as @Part(\"head\")".
    public final func wiringFaults() -> [String] {
        let all = modules()
        var known = Set(all.map(ObjectIdentifier.init))
        for (_, parameter) in namedParameters() { known.insert(ObjectIdentifier(parameter)) }
        var faults: [String] = []
        for module in all {
            let type = String(describing: Swift.type(of: module))
            faults += module.missingParts.map {
                "\(type) never sets its part '\($0)': set it in init, after super.init()"
            }
            for (property, found) in module.stored where known.insert(ObjectIdentifier(found)).inserted {
                let kind = String(describing: Swift.type(of: found))
                faults.append(
                    "\(type).\(property) is a \(kind) that is not registered: declare it as "
                        + "@Part(\"\(property)\")")
            }
        }
        return faults
    }

    /// Refuses a network that would not be trained, saved or moved as a whole.
    ///
    /// - Throws: `TorchError.invalid` with every fault.
    public final func checkWiring() throws {
        let faults = wiringFaults()
        if !faults.isEmpty { throw TorchError.invalid(faults.joined(separator: "; ")) }
    }

    /// The modules and parameters in stored properties that are not declared parts, with the property's name.
    private var stored: [(property: String, object: AnyObject)] {
        var found: [(String, AnyObject)] = []
        var mirror: Mirror? = Mirror(reflecting: self)
        while let reflected = mirror, reflected.subjectType != Module.self {
            for child in reflected.children where !(child.value is any AnyPart) {
                Self.collect(child.value, child.label ?? "?", into: &found)
            }
            mirror = reflected.superclassMirror
        }
        return found
    }

    /// Looks for modules and parameters in a value, in what it holds if it is a list, a tuple or a structure.
    private static func collect(_ value: Any, _ name: String, into found: inout [(String, AnyObject)]) {
        let mirror = Mirror(reflecting: value)
        if let module = value as? Module { return found.append((name, module)) }
        if let parameter = value as? Parameter { return found.append((name, parameter)) }
        guard mirror.displayStyle != .class else { return }
        for child in mirror.children { collect(child.value, name, into: &found) }
    }
}
