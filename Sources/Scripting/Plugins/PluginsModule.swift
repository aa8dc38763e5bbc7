import LuaBridge
import LyceumKit
import PluginTools

extension Scripting {
    /// `plugins`: what can be added, from inside a session.
    static func pluginsModule(_ environment: ScriptEnvironment) -> LuaModule {
        LuaModule(
            name: "plugins",
            summary: "What adds students, teachers, metrics and formats: see, build and load.",
            functions: [
                LuaFunction(
                    name: "list",
                    summary:
                        "Lists every plugin that was found, and why one is not used, without opening any.",
                    returns:
                        "a list of { id, version, summary, library, state, why, brings }; state is \"ready\", \"loaded\", \"outdated\" (rebuilt since it was loaded) or \"refused\"",
                    example:
                        "for _, p in ipairs(plugins.list()) do print(p.id, p.state, table.concat(p.brings, \", \")) end",
                    body: { _ in [.data(.list(environment.plugins.plugins.map(row)))] }),
                LuaFunction(
                    name: "build", summary: "Builds a plugin's package and installs it for you.",
                    parameters: [
                        LuaParameter(
                            "folder", .string, "of the package: `lyceum plugin new` makes one", names: .files)
                    ],
                    returns: "a list of the plugins, as plugins.list gives them",
                    errors: [
                        "a folder without Package.swift, or one that does not compile (the compiler's errors)",
                        "a plugin that dies or is refused when it is loaded; the old one stays",
                        "in a sandbox",
                    ],
                    example: "local ok, why = pcall(plugins.build, \"my-student\")\nprint(ok, why)",
                    body: { call in
                        let builder = try builder(environment, for: call.name)
                        let built = try builder.build(try call.string(1), job: environment.job("building"))
                        let rows = built.map { manifest in
                            let found = environment.plugins.refresh(manifest.path)
                            if found.isOutdated {
                                environment.session.listener?.note(
                                    "\(manifest.id) was loaded before it was built: start Lyceum again to use the new build"
                                )
                            }
                            return row(found)
                        }
                        return [.data(.list(rows))]
                    }),
                LuaFunction(
                    name: "load", summary: "Loads the plugin in a folder, wherever that lies.",
                    parameters: [
                        LuaParameter(
                            "folder", .string, "one with plugin.json and the library next to it",
                            names: .files)
                    ],
                    returns: "the plugin's id",
                    errors: [
                        "a plugin that is refused (the reason)", "one that was rebuilt after it was loaded",
                        "in a sandbox",
                    ],
                    example: "local ok, why = pcall(plugins.load, \"/opt/plugins/mine\")\nprint(ok, why)",
                    body: { call in
                        _ = try builder(environment, for: call.name)
                        return [.string(try environment.plugins.load(try call.string(1)).id)]
                    }),
            ])
    }

    private static func builder(_ environment: ScriptEnvironment, for function: String) throws
        -> PluginBuilder
    {
        guard let builder = environment.builder else {
            throw LyceumError.unsupported(
                "\(function) cannot be used here",
                remedy: "it needs an installed Lyceum, and a session that is not a sandbox")
        }
        return builder
    }

    private static func row(_ found: PluginHost.Found) -> Value {
        let state =
            found.refusal != nil
            ? "refused" : found.isOutdated ? "outdated" : found.isOpen ? "loaded" : "ready"
        var row: [String: Value] = [
            "state": .string(state), "path": .string(found.path),
            "brings": .list((found.manifest?.promises ?? []).map(Value.string)),
        ]
        if let refusal = found.refusal { row["why"] = .string(refusal) }
        if let manifest = found.manifest {
            row["id"] = .string(manifest.id)
            row["version"] = .string(manifest.version)
            row["summary"] = .string(manifest.summary)
            row["library"] = .string(manifest.library)
        }
        return .object(row)
    }
}
