/// The files that `lyceum plugin new` begins with. They are Swift that this repository builds and tests (the target
/// PluginTemplates), in which a plugin's own id and module take the places of `template` and `PluginTemplates`.
struct PluginTemplate {
    /// The type that registers.
    let type: String
    /// The name of its file in Templates/Sources and Templates/Tests.
    let file: String
    let source: [UInt8]
    let test: [UInt8]
    /// Whether it needs LyceumTorch.
    let needsTorch: Bool
    /// How it is tried at the prompt.
    let usage: String

    static let package = text(PackageResources.Package_swift_txt)
    static let plugin = text(PackageResources.Plugin_swift_txt)
    static let readme = text(PackageResources.README_md_txt)
    static let ignored = ".build/\n.swiftpm/\nPackage.resolved\n"

    static let student = PluginTemplate(
        type: "Transformer", file: "Student.swift", source: PackageResources.Student_swift,
        test: PackageResources.StudentTests_swift, needsTorch: true,
        usage: #"""
            s = student.new("template", { d_model = 64 })
            s:train(data.load("pairs.jsonl"), { input = "text", target = "summary", max_steps = 500 })
            s "A text to summarise"
            help "template"
            """#)

    static let recurrent = PluginTemplate(
        type: "Recurrent", file: "Recurrent.swift", source: PackageResources.Recurrent_swift,
        test: PackageResources.RecurrentTests_swift, needsTorch: true,
        usage: #"""
            s = student.new("template", { hidden_size = 128 })
            s:train(data.load("pairs.jsonl"), { input = "text", target = "summary", max_steps = 500 })
            s "A text to summarise"
            help "template"
            """#)

    static let copying = PluginTemplate(
        type: "PointerTransformer", file: "Copying.swift", source: PackageResources.Copying_swift,
        test: PackageResources.CopyingTests_swift, needsTorch: true,
        usage: #"""
            s = student.new("template", { d_model = 128 })
            s:train(data.load("pairs.jsonl"), { input = "text", target = "summary", max_steps = 500 })
            s "A text to summarise"
            help "template"
            """#)

    static let classifier = PluginTemplate(
        type: "NaiveBayes", file: "Classifier.swift", source: PackageResources.Classifier_swift,
        test: PackageResources.ClassifierTests_swift, needsTorch: false,
        usage: #"""
            s = student.new("template")
            s:train(data.load("labelled.jsonl"), { input = "text", target = "label" })
            s "A text to classify"
            help "template"
            """#)

    static let teacher = PluginTemplate(
        type: "FirstSentences", file: "Teacher.swift", source: PackageResources.Teacher_swift,
        test: PackageResources.TeacherTests_swift, needsTorch: false,
        usage: #"""
            t = teacher.open { "template", sentences = 2 }
            t "One cat. Two dogs. Three birds."
            """#)

    static let metric = PluginTemplate(
        type: "Novelty", file: "Metric.swift", source: PackageResources.Metric_swift,
        test: PackageResources.MetricTests_swift, needsTorch: false,
        usage: #"""
            metrics["template"]({ "a red cat" }, { "a cat" })
            """#)

    static let format = PluginTemplate(
        type: "ArrowPairs", file: "Format.swift", source: PackageResources.Format_swift,
        test: PackageResources.FormatTests_swift, needsTorch: false,
        usage: #"""
            d = data.load("pairs.template")
            """#)

    /// The text of an embedded file.
    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
