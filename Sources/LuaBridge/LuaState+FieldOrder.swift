import CLua
import LyceumKit

// The order of an object's fields, which a Lua table does not keep: an empty metatable, one for each order, stands
// for it, so that data which Lua code hands on unchanged, or with more fields, is written as it was read.
extension LuaState {
    /// Orders that are remembered; rows of one file share a few.
    private static let mostOrders = 1024

    /// What the metatables stand for.
    struct FieldOrders {
        fileprivate var references: [[String]: Int32] = [:]
        fileprivate var names: [UnsafeRawPointer: [String]] = [:]
    }

    /// Remembers the order of the fields of the table on top of the stack.
    func keepOrder(of fields: ObjectFields) {
        if fields.order.isEmpty { return }
        if let reference = fieldOrders.references[fields.order] {
            clua_pushref(stack, reference)
        } else {
            guard fieldOrders.references.count < Self.mostOrders else { return }
            clua_newtable(stack, 0, 0)
            if let metatable = clua_topointer(stack, -1) { fieldOrders.names[metatable] = fields.order }
            fieldOrders.references[fields.order] = clua_ref(stack)
            clua_pushref(stack, fieldOrders.references[fields.order] ?? 0)
        }
        clua_setmetatable(stack, -2)
    }

    /// The fields of a table in the order in which they came to Lua; new ones follow by name.
    func ordered(_ fields: [String: Value], of table: Int32) -> ObjectFields {
        guard clua_getmetatable(stack, table) else { return ObjectFields(fields) }
        defer { clua_settop(stack, -2) }
        guard let metatable = clua_topointer(stack, -1), let order = fieldOrders.names[metatable] else {
            return ObjectFields(fields)
        }
        let known = order.compactMap { name in fields[name].map { (name, $0) } }
        let new = fields.keys.filter { !order.contains($0) }.sorted()
        return ObjectFields(ordered: known + new.compactMap { name in fields[name].map { (name, $0) } })
    }
}
