/// Something that can be typed, with a line about it.
public struct LuaSuggestion: Equatable, Sendable {
    /// What is typed, without quotes.
    public let text: String
    /// One line about it; may be empty.
    public let hint: String

    /// Makes a suggestion.
    public init(_ text: String, _ hint: String = "") {
        self.text = text
        self.hint = hint
    }
}

/// A call that is being typed, as far as it can be understood without running anything.
public struct LuaCallSite {
    /// The object before the colon; nil for plain functions, or if it is not known yet.
    public let receiver: AnyObject?
    /// The arguments before the one that is being typed; `nil` where they are not known yet.
    public let arguments: [LuaValue]
    /// The first unnamed element of the table that is being typed: the kind in `teacher.open { "openai", … }`.
    public let head: String?

    /// Describes a call.
    public init(receiver: AnyObject?, arguments: [LuaValue], head: String? = nil) {
        self.receiver = receiver
        self.arguments = arguments
        self.head = head
    }
}

/// What a text argument names, for completion.
public enum LuaNames {
    /// A column of the receiver, or of the first argument that has columns.
    case columns
    /// A file or folder; `~` stands for the home folder.
    case files
    /// A file or folder, or one of the suggestions for the call.
    case filesOr((LuaCallSite) -> [LuaSuggestion])
    /// In a table of `column = value`: a value of that column of the receiver.
    case columnValues
    /// One of the suggestions for the call.
    case suggestions((LuaCallSite) -> [LuaSuggestion])
}
