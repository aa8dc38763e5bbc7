/// What reports and the lab's pages are made of.
public enum PageText {
    /// The text with everything that means something in markup spelt out; control characters become U+FFFD.
    public static func escape(_ text: some StringProtocol) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case _ where scalar.properties.generalCategory == .control || scalar.value & 0xFFFE == 0xFFFE:
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A page, complete in one file: nothing is loaded from elsewhere.
    ///
    /// - Parameters:
    ///   - title: the heading, as text.
    ///   - header: markup below the heading.
    ///   - navigation: markup above it.
    ///   - body: markup.
    ///   - script: runs after the page is there; empty for none.
    ///   - policy: what the page may load, if it is not sent by a server that says so.
    public static func page(
        title: String, header: String = "", navigation: String = "", body: String, script: String = "",
        policy: String = ""
    ) -> String {
        let security =
            policy.isEmpty ? "" : "\n<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="generator" content="Lyceum">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">\(security)
            <title>\(escape(title))</title>
            <style>
            \(RunReport.pageStyle)
            \(Plot.style)
            </style>
            </head>
            <body>
            \(navigation)
            <header>
            <h1>\(escape(title))</h1>
            \(header)
            </header>
            <main id="main">
            \(body)
            </main>
            \(script.isEmpty ? "" : "<script>\(script)</script>")
            </body>
            </html>

            """
    }

    /// A link.
    ///
    /// - Parameters:
    ///   - address: as text; escaped here.
    ///   - markup: what is shown.
    static func link(_ address: String, _ markup: String) -> String {
        "<a href=\"\(escape(address))\">\(markup)</a>"
    }
}
