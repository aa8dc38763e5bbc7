/// The variables that a part of a template sets; those of the parts around it are seen through it.
final class TemplateScope {
    var variables: [String: TemplateValue]
    let parent: TemplateScope?

    init(_ variables: [String: TemplateValue] = [:], in parent: TemplateScope?) {
        self.variables = variables
        self.parent = parent
    }

    /// The value of a variable; nil if no part sets it.
    func find(_ name: String) -> TemplateValue? {
        var scope: TemplateScope? = self
        while let current = scope {
            if let value = current.variables[name] { return value }
            scope = current.parent
        }
        return nil
    }

    /// The names that are set here and around.
    var names: Set<String> {
        var names: Set<String> = []
        var scope: TemplateScope? = self
        while let current = scope {
            names.formUnion(current.variables.keys)
            scope = current.parent
        }
        return names
    }
}

/// How a template is read and what its values look like.
enum TemplateStyle: Sendable {
    /// For prompts: a missing variable is an error, lists and tables are written as JSON.
    case prompt
    /// As transformers renders the chat templates of the Hub: what is missing is empty, values are written as Python
    /// writes them, blocks take their line break and their indentation with them.
    case chat
}
