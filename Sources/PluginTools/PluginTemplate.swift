/// The files that `lyceum plugin new` begins with. They are Swift that this repository builds and tests (the target
/// PluginTemplates), in which a plugin's own id and module take the places of `template` and `PluginTemplates`.
struct PluginTemplate {
    /// The type that registers.
    let type: String
    /// The name of its file in Templates/Sources, Templates/Tests and Templates/Usage.
    let file: String
    let source: [UInt8]
    let test: [UInt8]
    /// Whether it needs LyceumTorch.
    let needsTorch: Bool
    /// How it is tried at the prompt: Lua.
    let usage: [UInt8]

    static let package = text(PackageResources.Package_swift_txt)
    static let plugin = text(PackageResources.Plugin_swift_txt)
    static let readme = text(PackageResources.README_md_txt)
    static let ignored = ".build/\n.swiftpm/\nPackage.resolved\n"

    static let student = PluginTemplate(
        type: "Transformer", file: "Student.swift", source: PackageResources.Student_swift,
        test: PackageResources.StudentTests_swift, needsTorch: true,
        usage: PackageResources.Student_lua)

    static let recurrent = PluginTemplate(
        type: "Recurrent", file: "Recurrent.swift", source: PackageResources.Recurrent_swift,
        test: PackageResources.RecurrentTests_swift, needsTorch: true,
        usage: PackageResources.Recurrent_lua)

    static let copying = PluginTemplate(
        type: "PointerTransformer", file: "Copying.swift", source: PackageResources.Copying_swift,
        test: PackageResources.CopyingTests_swift, needsTorch: true,
        usage: PackageResources.Copying_lua)

    static let classifier = PluginTemplate(
        type: "NaiveBayes", file: "Classifier.swift", source: PackageResources.Classifier_swift,
        test: PackageResources.ClassifierTests_swift, needsTorch: false,
        usage: PackageResources.Classifier_lua)

    static let teacher = PluginTemplate(
        type: "FirstSentences", file: "Teacher.swift", source: PackageResources.Teacher_swift,
        test: PackageResources.TeacherTests_swift, needsTorch: false,
        usage: PackageResources.Teacher_lua)

    static let metric = PluginTemplate(
        type: "Novelty", file: "Metric.swift", source: PackageResources.Metric_swift,
        test: PackageResources.MetricTests_swift, needsTorch: false,
        usage: PackageResources.Metric_lua)

    static let format = PluginTemplate(
        type: "ArrowPairs", file: "Format.swift", source: PackageResources.Format_swift,
        test: PackageResources.FormatTests_swift, needsTorch: false,
        usage: PackageResources.Format_lua)

    /// The text of an embedded file.
    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
