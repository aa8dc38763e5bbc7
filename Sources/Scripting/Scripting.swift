import Hub
import LuaBridge
import LyceumKit
import PluginTools
import Workbench

/// What the scripting layer needs to know of the program around it.
public struct ScriptEnvironment {
    /// The work itself: plugins, lab, replies, progress.
    public let session: WorkSession
    /// Builds plugins; nil where native code must not be built or loaded (a sandbox).
    public let builder: PluginBuilder?
    /// Models and data sets by name.
    public let hub: Hub
    /// The width of the screen, in columns.
    public let width: () -> Int
    /// Whether pictures on the screen may have colours.
    public let isColoured: Bool
    /// Writes to standard output.
    public let write: (String) -> Void
    /// Shows a page of help, which may be longer than the screen.
    public let page: (String) -> Void
    /// The keys of the person at the prompt; nil where nobody sits there.
    public let keyboard: (any Keyboard)?

    /// Describes the program around the scripts.
    public init(
        plugins: PluginHost, builder: PluginBuilder? = nil, hub: Hub = Hub(), listener: Job.Listener?,
        lab: LabSession = .off, width: @escaping () -> Int = { 100 }, isColoured: Bool = false,
        keyboard: (any Keyboard)? = nil, write: @escaping (String) -> Void, page: ((String) -> Void)? = nil
    ) {
        self.keyboard = keyboard
        session = WorkSession(plugins: plugins, listener: listener, lab: lab)
        self.builder = builder
        self.hub = hub
        self.width = width
        self.isColoured = isColoured
        self.write = write
        self.page = page ?? { write($0.hasSuffix("\n") ? $0 : $0 + "\n") }
    }

    /// The plugins that can be had.
    public var plugins: PluginHost { session.plugins }
    /// Where runs, replies and scores are remembered.
    public var lab: LabSession { session.lab }

    /// Starts a job that this program shows and that Ctrl-C cancels.
    func job(_ title: String) -> Job { session.job(title) }

    /// Starts a job too short for a bar: only what it notes is shown.
    func shortJob(_ title: String) -> Job { session.shortJob(title) }
}

/// Shows the rooms of the house to Lua: one file a table, each function declared with its documentation.
public enum Scripting {
    /// Registers every table, type and topic.
    public static func install(into state: LuaState, environment: ScriptEnvironment) throws {
        try state.register(DatasetObject.type(environment))
        try state.register(PromptObject.type(environment))
        try state.register(ChatTemplateObject.type)
        try state.register(TeacherObject.type(environment))
        try state.register(StudentObject.type(environment))
        try state.register(RunObject.type(environment))
        try state.register(RunList.type)
        try state.register(ComparisonObject.type)
        try state.register(PlotObject.type)
        try state.register(ScoreObject.type)
        try state.register(TensorObject.type)
        try state.register(WorkshopObject.type(environment))
        try state.register(PromptSearchObject.type)
        try state.register(dataModule(environment))
        try state.register(promptModule)
        try state.register(teacherModule(environment))
        try state.register(studentModule(environment))
        try state.register(metricsModule(environment))
        try state.register(runsModule(environment))
        try state.register(jsonModule)
        try state.register(ranksModule)
        try state.register(pluginsModule(environment))
        try state.register(hubModule(environment))
        try state.register(workshop(environment))
        try state.register(vote(environment))
        let documentation = state.documentation
        let help = { HelpText(documentation, width: environment.width()) }
        documentation.addTopics {
            architectureTopics(environment, help: help) + teacherTopics(environment, help: help)
                + metricTopics(environment, help: help) + generalTopics + wayTopics + [
                    ranksTopic, servingTopic,
                ]
        }
        try state.registerShow(
            on: Screen(width: environment.width, isColoured: environment.isColoured, write: environment.write)
        )
        try state.registerHelp(width: environment.width, write: environment.page)
        try state.makeGlobalsStrict()
    }
}
