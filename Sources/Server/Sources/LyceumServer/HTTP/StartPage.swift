import HTTPTypes
import LyceumKit
import Workbench

/// What a browser sees at the server's root: what is served, and the way to the lab.
struct StartPage {
    let models: [(name: String, state: String)]
    let hasLab: Bool

    /// Nothing from elsewhere, nothing that runs.
    static let headers: HTTPFields = [
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff",
    ]

    var html: String {
        let rows = models.map {
            "<dt>\(PageText.escape($0.name))</dt><dd>\(PageText.escape($0.state))</dd>"
        }
        let body = """
            <p>These students answer at <code>/v1/chat/completions</code>, <code>/v1/completions</code> and
            <code>/v1/classify</code>, in the form of OpenAI's API.</p>
            <dl>\(rows.joined(separator: "\n"))</dl>
            <p><a href="/health">health</a> · <a href="/metrics">metrics</a> · <a href="/v1/models">models</a>
            \(hasLab ? "· <a href=\"/lab\">the lab</a>" : "")</p>
            """
        return PageText.page(title: "Lyceum serves", body: body)
    }
}
