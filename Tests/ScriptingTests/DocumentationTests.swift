import LuaBridge
import LyceumKit
import Testing

/// Every function that a user can call explains itself, and its example runs.
@Suite struct DocumentationTests {
    /// The full names of all functions and methods, with their declarations.
    private func functions(_ state: LuaState) -> [(name: String, function: LuaFunction)] {
        var all: [(name: String, function: LuaFunction)] = []
        for module in state.documentation.modules {
            for function in module.functions { all.append(("\(module.name).\(function.name)", function)) }
            if let call = module.call { all.append((module.name, call)) }
        }
        for type in state.documentation.types {
            for method in type.methods { all.append(("\(type.name):\(method.name)", method)) }
            if let call = type.call { all.append((type.name, call)) }
        }
        for function in state.documentation.functions { all.append((function.name, function)) }
        return all
    }

    @Test func everyFunctionHasAPage() throws {
        let state = try makeState()
        let all = functions(state)
        #expect(all.count > 30)
        for (name, function) in all {
            #expect(!function.summary.isEmpty, "\(name) has no summary")
            #expect(function.parameters.allSatisfy { !$0.summary.isEmpty }, "\(name): a parameter has none")
            #expect(!function.example.isEmpty, "\(name) has no example")
            if !name.hasPrefix("help") { #expect(!function.returns.isEmpty, "\(name): returns?") }
        }
    }

    @Test func everyExampleRuns() throws {
        let state = try makeState()
        for (name, function) in functions(state) where !function.example.isEmpty {
            #expect(throws: Never.self, "the example of \(name) fails") {
                try state.run(function.runnableExample, name: name)
            }
        }
    }

    @Test(
        "help explains what is asked for",
        arguments: [
            ("help()", "metrics"), ("help(data.load)", "data.load(path)"),
            ("help \"dataset:filter\"", "keep"),
            ("help \"t5\"", "num_decoder_layers"), ("help \"openai\"", "base_url"),
            ("help \"retrieval\"", "is not a language model"), ("help(teacher)", "open"),
        ])
    func help(code: String, expected: String) throws {
        let recorder = Recorder()
        try makeState(recorder).run(code)
        #expect(recorder.output.contains(expected), "\(recorder.output)")
    }
}
