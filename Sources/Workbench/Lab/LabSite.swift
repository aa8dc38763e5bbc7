import Lab
import LyceumKit

/// The lab as pages for a browser: written here, sent by whoever serves them. Used from one thread.
///
/// The pages read the lab while runs write it. A small script looks every two seconds whether anything is new and then
/// replaces what is shown; without it the pages are the same, as of the moment they were asked for.
public final class LabSite {
    /// What goes back to the browser.
    public struct Page: Sendable {
        /// The media type.
        public let type: String
        /// The content.
        public let text: String
        /// The HTTP status.
        public let status: Int
    }

    let session: WorkSession
    /// The tests of comparisons, which take a while, by what was compared.
    var knownTests: [String: [[RunTest]]] = [:]

    /// Shows the lab of a session.
    public init(_ session: WorkSession) { self.session = session }

    /// What a browser asked for.
    struct Wish {
        let root: String
        let query: [String: [String]]

        func text(_ name: String) -> String { query[name]?.last ?? "" }
        func number(_ name: String, _ otherwise: Int, in range: ClosedRange<Int>) -> Int {
            min(max(Int(text(name)) ?? otherwise, range.lowerBound), range.upperBound)
        }
    }

    /// A page before it is put together.
    struct Draft {
        let title: String
        var header = ""
        let body: String
    }

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - path: behind the root: "", "/", "/run/3", "/compare", "/prompts", "/version".
    ///   - query: its parameters.
    ///   - root: what stands before every path: "" or "/lab".
    public func page(_ path: String, query: [String: [String]], root: String) -> Page {
        let wish = Wish(root: root, query: query)
        do {
            if path == "/version" {
                return Page(type: "text/plain; charset=utf-8", text: version, status: 200)
            }
            guard let draft = try draft(path, wish) else {
                return page(
                    Draft(title: "Not here", body: "<p>There is no such page.</p>"), at: path, wish,
                    status: 404)
            }
            return page(draft, at: path, wish, status: 200)
        } catch LyceumError.unknownName(let kind, let name, _, _) {
            let text = "<p>There is no \(PageText.escape(kind)) \(PageText.escape(name.prefix(60))).</p>"
            return page(Draft(title: "Not here", body: text), at: path, wish, status: 404)
        } catch {
            let text = "<p>\(PageText.escape("\(error)"))</p>"
            return page(Draft(title: "The lab cannot be read", body: text), at: path, wish, status: 500)
        }
    }

    private func draft(_ path: String, _ wish: Wish) throws -> Draft? {
        switch path {
        case "", "/": return try runs(wish)
        case "/compare": return try comparison(wish)
        case "/prompts": return try prompts(wish)
        default:
            guard path.hasPrefix("/run/"), let number = Int(path.dropFirst(5)) else { return nil }
            return try run(number, wish)
        }
    }

    private func page(_ draft: Draft, at path: String, _ wish: Wish, status: Int) -> Page {
        func entry(_ target: String, _ name: String) -> String {
            let isHere = path == target || (target == "/" && path.isEmpty)
            let address = target == "/" && !wish.root.isEmpty ? wish.root : wish.root + target
            return
                "<a href=\"\(PageText.escape(address))\"\(isHere ? " aria-current=\"page\"" : "")>\(name)</a>"
        }
        let navigation = """
            <a class="skip" href="#main">to the content</a>
            <nav aria-label="pages">\(entry("/", "Runs"))\(entry("/prompts", "Prompts and costs"))
            <span id="live" role="status" data-version="\(version)" data-root="\(PageText.escape(wish.root))"></span></nav>
            <style>\(Self.style)</style>
            """
        return Page(
            type: "text/html; charset=utf-8",
            text: PageText.page(
                title: draft.title, header: draft.header, navigation: navigation, body: draft.body,
                script: Self.script), status: status)
    }

    /// Changes whenever anything is written to the lab.
    private var version: String {
        guard let store = try? session.lab.store else { return "" }
        return (FileStamp.of(store.path) + FileStamp.of(store.path + "-wal")).filter { $0 != "." }
    }
}
