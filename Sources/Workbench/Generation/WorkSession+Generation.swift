import LyceumKit
import Teaching

extension WorkSession {
    /// Asks a teacher about a dataset.
    ///
    ///     let plan = try GenerationPlan(data, prompt: PromptTemplate("Shorten: {{ text }}"), output: "summary")
    ///     let result = try session.generate(plan, by: teacher)
    ///
    /// - Returns: the answered rows, and those that failed.
    /// - Throws: what ended it early. Replies that came are kept: the same call goes on from there.
    public func generate(_ plan: GenerationPlan, by teacher: OpenTeacher) throws -> GenerationResult {
        try GenerationRun(plan, by: teacher, in: self).ask()
    }

    /// What a generation would send and cost; asks nothing.
    ///
    /// - Parameter isBatch: whether it would go through the server's Batch API.
    public func estimate(_ plan: GenerationPlan, by teacher: OpenTeacher, isBatch: Bool = false) throws
        -> GenerationEstimate
    {
        try GenerationRun(plan, by: teacher, in: self).estimate(isBatch: isBatch)
    }

    /// Asks again for the rows of a result that failed, and only for those.
    public func retry(_ result: GenerationResult, by teacher: OpenTeacher) throws -> GenerationResult {
        if result.isComplete { return result }
        return try GenerationRun(retrying: result, by: teacher, in: self).ask()
    }

    /// What the runs of a kind of teacher are made with: Lyceum, and the plugin that brought the teacher.
    func versions(ofTeacher kind: String) -> [String: String] {
        lab.versions.merging(versions(ofPlugins: { $0.teachers.contains { $0.id == kind } })) { own, _ in own
        }
    }

    /// The versions and builds of the plugins that bring something.
    public func versions(ofPlugins bring: (PluginManifest) -> Bool) -> [String: String] {
        plugins.versions(bringing: bring)
    }

}
