import LuaBridge
import LyceumKit
import Workbench

/// A picture of curves in Lua's hands; the prompt draws it.
final class PlotObject {
    let plot: Plot
    private let height: Int
    private let isColoured: Bool

    init(_ plot: Plot, height: Int, isColoured: Bool) {
        self.plot = plot
        self.height = height
        self.isColoured = isColoured
    }

    static var type: LuaType {
        LuaType(
            PlotObject.self, name: "plot",
            summary: "Curves. The prompt draws them, and so does print; :save writes them as SVG.",
            methods: [save], toString: { $0.plot.text(width: 80, height: $0.height, isColoured: false) },
            preview: { object, width in
                object.plot.text(width: width, height: object.height, isColoured: object.isColoured)
            })
    }

    private static var save: LuaFunction {
        LuaFunction(
            name: "save",
            summary: "Writes the picture as SVG, which follows the reader's light or dark theme.",
            parameters: [LuaParameter("path", .string, "ends in .svg", names: .files)],
            returns: "the plot itself",
            errors: ["the file cannot be written", "another ending"],
            setUp: Scripting.exampleStudent,
            example: "run:plot(\"loss\"):save(os.tmpname() .. \".svg\")",
            body: { call in
                let object = try call.receiver(PlotObject.self)
                let path = try call.string(1)
                guard path.lowercased().hasSuffix(".svg") else {
                    throw LyceumError.invalid(
                        "plot:save", expected: "a file that ends in .svg", got: "'\(path)'", remedy: nil)
                }
                try Ranks.onMain("plot:save") { try Files.write(object.plot.svg(isAlone: true), to: path) }
                return [.object(object)]
            })
    }

    /// The options of both functions that plot.
    static let options: [OptionDeclaration] = [
        .boolean("log", default: false, "a logarithmic axis"),
        .number(
            "smooth", default: nil, in: 0...0.9999,
            "the weight of the past in a moving mean; 0 draws what was measured; if left out, a curve of more than 50 "
                + "points that jumps is smoothed by 0.8, which its name says"),
        .integer("height", default: 14, in: 3...200, unit: "lines", "of the picture in the terminal"),
    ]

    /// Draws figures of runs over one another.
    ///
    /// - Parameters:
    ///   - names: the figures; empty for the losses there are.
    ///   - options: of `options`.
    static func draw(
        _ runs: [OpenRun], names: [String], options: Options, in environment: ScriptEnvironment
    ) throws -> PlotObject {
        let plot = try Plot(
            of: runs, names: names, smoothing: options.optionalDouble("smooth"),
            isLogarithmic: options.bool("log"))
        return PlotObject(plot, height: try options.int("height"), isColoured: environment.isColoured)
    }
}

extension RunObject {
    static func plot(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "plot", summary: "Draws figures of the run step by step.",
            parameters: [
                LuaParameter(
                    "figures", .either([.string, .list("figures")]),
                    "\"loss\", or { \"loss\", \"eval_loss\" }; the losses if left out", optional: true,
                    names: figures),
                LuaParameter("options", .options(PlotObject.options), "how", optional: true),
            ],
            returns: "a plot, which the prompt draws; plot:save(\"loss.svg\") writes it",
            errors: ["a figure that was not recorded (the recorded ones are named)"],
            setUp: Scripting.exampleStudent,
            example: "print(run:plot(\"loss\", { log = true }))",
            body: { call in
                let run = try call.receiver(OpenRun.self)
                let (names, options) = try figuresAndOptions(call, from: 1)
                return [
                    .object(
                        try PlotObject.draw([run], names: names, options: options, in: environment))
                ]
            })
    }

    /// The figures to draw, one or a list, and then the options.
    static func figuresAndOptions(_ call: LuaCall, from first: Int) throws -> ([String], Options) {
        let given = call.value(first)
        if call.value(first + 1).string != nil {
            let names = call.arguments.dropFirst(first - 1).compactMap(\.string).map { "\"\($0)\"" }
            let lead = first > 1 ? "runs.plot(runs, " : "run:plot("
            throw LyceumError.invalid(
                call.place(first + 1), expected: "a table of options", got: "string",
                remedy: "several figures are a list: \(lead){ \(names.joined(separator: ", ")) })")
        }
        let options = try call.options(first + 1, declared: PlotObject.options).values
        if given.isNil { return ([], options) }
        if let name = given.string { return ([name], options) }
        guard let table = given.table else { throw call.mismatch(first, nil) }
        // A table of names alone is options, where there is no figure.
        if try table.count() == 0, !call.isGiven(first + 1) {
            return ([], try call.options(first, declared: PlotObject.options).values)
        }
        let elements = try call.elements(first)
        let names = elements.compactMap(\.string)
        guard names.count == elements.count else { throw call.mismatch(first, nil) }
        return (names, options)
    }
}

extension Scripting {
    static func plotRuns(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "plot", summary: "Draws figures of several runs over one another.",
            parameters: [
                LuaParameter("runs", .list("runs or their numbers"), "which"),
                LuaParameter(
                    "figures", .either([.string, .list("figures")]),
                    "\"loss\", or { \"loss\", \"eval_loss\" }; the losses if left out", optional: true),
                LuaParameter("options", .options(PlotObject.options), "how", optional: true),
            ],
            returns: "a plot, which the prompt draws; plot:save(\"loss.svg\") writes it",
            errors: ["no run of a number", "a figure that one of them has not recorded"],
            setUp: exampleStudent,
            example:
                "local again = t5:train(gold, { input = \"document\", target = \"summary\", max_steps = 3 })\n"
                + "print(runs.plot({ run, again }, \"loss\"))",
            body: { call in
                let chosen = try runObjects(call, try runValues(call, 1), environment)
                let (names, options) = try RunObject.figuresAndOptions(call, from: 2)
                return [.object(try PlotObject.draw(chosen, names: names, options: options, in: environment))]
            })
    }

    /// The elements of a list of runs, or of what runs.list found.
    static func runValues(_ call: LuaCall, _ position: Int) throws -> [LuaValue] {
        if let list = call.value(position).object as? RunList { return list.records.map { .integer($0.id) } }
        guard call.value(position).table != nil else {
            // One run after another, as it was written once.
            let numbers = try call.arguments.compactMap { value -> String? in
                if let run = value.object as? OpenRun { return try "\(run.recordedNumber())" }
                return value.integer.map { "\($0)" }
            }
            throw LyceumError.invalid(
                call.place(position), expected: "a list of runs or their numbers",
                got: call.state.typeName(call.value(position)),
                remedy: numbers.isEmpty
                    ? nil : "write \(call.name)({ \(numbers.joined(separator: ", ")) })")
        }
        return try call.elements(position)
    }

    /// Runs that are given as numbers or objects.
    static func runObjects(
        _ call: LuaCall, _ values: [LuaValue], _ environment: ScriptEnvironment
    ) throws -> [OpenRun] {
        if values.isEmpty {
            throw LyceumError.empty("\(call.name): the list of runs", remedy: "name at least one")
        }
        return try values.enumerated().map { place, value in
            if let run = value.object as? OpenRun { return run }
            let number = try runNumber(value, call, "run \(place + 1)")
            _ = try environment.lab.store.run(number)
            return OpenRun(number, in: environment.session)
        }
    }
}
