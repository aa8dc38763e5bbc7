import Lab
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    private static let reportOptions: [OptionDeclaration] = [
        .string("file", default: "report.html", "where the page is written"),
        .string("title", "its heading; else the numbers of the runs"),
        .integer("samples", default: 6, in: 0...1000, "rows to show side by side"),
        .integer("seed", default: 0, "decides which rows, and the trials of the tests"),
    ]

    static func report(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "report",
            summary:
                "Writes one HTML page about runs: options, curves, scores with intervals and paired tests, time and cost, samples side by side. It needs no network and runs no script.",
            parameters: [
                LuaParameter(
                    "runs", .options(reportOptions),
                    "the runs or their numbers as a list, and options: { 1, 2, file = \"report.html\" }")
            ],
            returns: "the path of the page",
            errors: ["no run of a number", "the file cannot be written"],
            example: exampleStudent
                + "runs.report { run, file = os.tmpname() .. \".html\", title = \"A first run\" }",
            body: { call in
                let values: [LuaValue]
                let options: Options
                if call.value(1).object is RunList {
                    values = try runValues(call, 1)
                    options = try Options(declared: reportOptions, function: call.name)
                } else {
                    values = try call.table(1).elements()
                    options = try call.options(1, positionals: values.count).values
                }
                let numbers = try runObjects(call, values, environment).map { try $0.recordedNumber() }
                let named = numbers.map(String.init).joined(separator: ", ")
                let title =
                    options.optionalString("title") ?? (numbers.count == 1 ? "Run \(named)" : "Runs \(named)")
                let path = try options.string("file")
                try Files.checkWritable(path)
                let report = try RunReport(
                    numbers, of: try environment.lab.store, title: title,
                    sampleCount: try options.int("samples"), seed: try options.int("seed"),
                    job: environment.job("writing a report"))
                let page = report.html(at: .now)
                try Ranks.onMain { try Files.keepFromOthers(path) { try Files.write(page, to: path) } }
                return [.string(path)]
            })
    }
}
