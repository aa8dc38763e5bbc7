import Corpus
import LuaBridge
import LyceumKit

// The usual clean-ups of CNN/DailyMail: dataset:clean_news.
extension DatasetObject {
    static func cleanNews(_ environment: ScriptEnvironment) -> LuaFunction {
        LuaFunction(
            name: "clean_news",
            summary:
                "Applies the usual clean-ups of CNN/DailyMail; each is off unless it is asked for, and the counts are noted.",
            parameters: [LuaParameter("options", .options(newsOptions), "what to clean")],
            returns: "a dataset", errors: ["no such column, a row without text"],
            example:
                "local d = data.from { { article = \"(CNN) -- A cat sat.\", highlights = \"A cat sat .\\nNEW: It ran .\" } }\n"
                + "local clean = d:clean_news { openings = true, spaces = true, labels = true }\n"
                + "assert(clean[1].article == \"A cat sat.\" and clean[1].highlights == \"A cat sat.\\nIt ran.\")",
            optionNames: ["article": .columns, "highlights": .columns],
            body: { call in
                let options = try call.options(1)
                let values = options.values
                var cleanup = NewsCleanup()
                cleanup.article = try values.string("article")
                cleanup.highlights = try values.string("highlights")
                cleanup.openings = try values.bool("openings")
                cleanup.bylines = try values.bool("bylines")
                cleanup.spaces = try values.bool("spaces")
                cleanup.labels = try values.bool("labels")
                cleanup.duplicates = try values.bool("duplicates")
                if let other = try options.object("without", DatasetObject.self) {
                    cleanup.without = [other.dataset]
                }
                let job = environment.job("cleaning")
                let result = try dataset(call).cleaningNews(cleanup, job: job)
                job.note("clean_news: \(result.report)")
                return made(result.kept)
            })
    }

    private static let newsOptions: [OptionDeclaration] = [
        .column("article", default: "article", "the column of the articles"),
        .column("highlights", default: "highlights", "the column of the highlights, a line each"),
        .boolean(
            "openings", default: false,
            "removes what CNN's articles open with: \"(CNN)\", \"LONDON, England (CNN) --\""),
        .boolean(
            "bylines", default: false,
            "removes what the Daily Mail's articles open with: \"By . Jane Doe . PUBLISHED: . …\""),
        .boolean(
            "spaces", default: false,
            "removes the space before the full stop that ends a line of the highlights"),
        .boolean(
            "labels", default: false, "removes \"NEW: \" at the beginning of a line of the highlights"),
        .boolean(
            "duplicates", default: false,
            "drops a row whose article an earlier row has, ignoring white space and case"),
        .object(
            "without", "dataset",
            "drops a row whose article is in this one too (another split; join several with :concat)"),
    ]
}
