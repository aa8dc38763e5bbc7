import LuaBridge
import LyceumKit
import Workbench

// The teachers that plugins bring.
extension Scripting {
    /// Opens a teacher of a plugin; nil if no plugin brings one of that name.
    static func pluginTeacher(
        _ name: String, _ call: LuaCall, _ environment: ScriptEnvironment
    ) throws -> TeacherObject? {
        // A refused plugin's teacher is asked for, too, so that the user hears why it is refused.
        let promised = environment.plugins.plugins.contains { plugin in
            plugin.manifest?.teachers.contains { $0.id == name } == true
        }
        guard promised else { return nil }
        let kind = try environment.plugins.teacher(named: name)
        let options = try call.options(1, declared: kind.options, positionals: 1)
        return TeacherObject(OpenTeacher(try kind.open(options.values), options: options.values))
    }

    /// The options of a plugin's teacher, for completion; opens its plugin, as the call itself will.
    static func pluginTeacherOptions(_ name: String?, _ environment: ScriptEnvironment)
        -> [OptionDeclaration]?
    {
        name.flatMap { try? environment.plugins.teacher(named: $0) }?.options
    }

    /// A page of help for each teacher and metric of a plugin.
    static func pluginTopics(_ environment: ScriptEnvironment, help: @escaping () -> HelpText) -> [HelpTopic]
    {
        environment.plugins.teachers.map { entry in
            HelpTopic(name: entry.id, summary: entry.summary, isFromPlugin: true) {
                let kind = try environment.plugins.teacher(named: entry.id)
                return "\(entry.id): \(kind.summary)\n\n"
                    + optionTable("options of teacher.open { \"\(entry.id)\", … }", kind.options, help())
            }
        }
            + environment.plugins.metrics.map { entry in
                HelpTopic(name: entry.id, summary: entry.summary, isFromPlugin: true) {
                    let metric = try environment.plugins.metric(named: entry.id)
                    return "\(entry.id): \(metric.summary)\n\n"
                        + optionTable(
                            "options of metrics.score(\"\(entry.id)\", data, { … })", metric.options, help())
                }
            }
    }
}
