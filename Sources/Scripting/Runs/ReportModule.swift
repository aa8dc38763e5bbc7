import Lab
import LuaBridge
import LyceumKit
import Workbench

extension Scripting {
    /// Makes sure that a page under the usual name replaces only an earlier one of ours.
    private static func checkOwn(_ path: String) throws {
        guard Files.exists(path) else { return }
        let start = String(decoding: try Files.read(path).prefix(2000), as: UTF8.self)
        guard !start.contains("<meta name=\"generator\" content=\"Lyceum\">") else { return }
        throw LyceumError.file(
            path: path, line: nil, problem: "is there already, and is not a report of Lyceum's",
            remedy: "name another file: runs.report({ 1 }, { file = \"other.html\" })")
    }

    private static let reportOptions: [OptionDeclaration] = [
        .string("file", default: "report.html", "where the page is written"),
        .string("title", "its heading; else the numbers of the runs"),
        .integer("samples", default: 6, in: 0...1000, "rows to show side by side"),
        .integer("seed", default: 42, "decides which rows, and the trials of the tests"),
    ]

    static func report(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "report",
            summary:
                "Writes one HTML page about runs: scores with intervals and paired tests, samples side by side, curves, time and cost, options; and the workshops that compared them, with their answers. It needs no network and runs no script.",
            parameters: [
                LuaParameter("runs", .list("runs or their numbers"), "which"),
                LuaParameter("options", .options(reportOptions), "how", optional: true),
            ],
            returns: "the path of the page",
            errors: ["no run of a number", "the file cannot be written"],
            setUp: exampleStudent,
            example: "runs.report({ run }, { file = os.tmpname() .. \".html\", title = \"A first run\" })",
            optionNames: ["file": .files],
            body: { call in
                let options = try call.options(2).values
                let path = try options.string("file")
                // Rank 0 has the lab.
                try Ranks.onMain("runs.report") {
                    let values = try runValues(call, 1)
                    let numbers = try runObjects(call, values, environment).map { try $0.recordedNumber() }
                    let named = numbers.map(String.init).joined(separator: ", ")
                    let title =
                        options.optionalString("title")
                        ?? (numbers.count == 1 ? "Run \(named)" : "Runs \(named)")
                    try Files.checkWritable(path)
                    if !options.isGiven("file") { try checkOwn(path) }
                    let report = try RunReport(
                        numbers, in: environment.session, title: title,
                        sampleCount: try options.int("samples"), seed: try options.int("seed"),
                        job: environment.job("writing a report"))
                    let page = report.html(at: .now)
                    try Files.keepFromOthers(path) { try Files.write(page, to: path) }
                }
                return [.string(path)]
            })
    }
}
