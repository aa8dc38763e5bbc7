import LyceumKit

// The options that students of one kind share, besides those of the network and of the run.

/// Of `student.new`: what a network of texts is for, and where it computes.
struct NewStudentSettings: Settings {
    @Setting(
        "task", "\"classify\": the targets are labels, which training learns and :classify chooses among")
    var task = StudentTask.generate
    @Setting(DeviceChoice.option, DeviceChoice.doc)
    var device = DeviceChoice.auto
}

/// Of `:train` with pairs of texts.
struct PairSettings: Settings {
    @Setting("max_source_length", in: 1...65536, unit: "tokens", "longer inputs are cut to this")
    var maxSourceLength = 512
    @Setting("source_prefix", "text put before every input; else the student's own")
    var prefix: String?
    @Setting("max_target_length", in: 1...65536, unit: "tokens", "longer targets are cut to this")
    var maxTargetLength = 128
    @Setting(DeviceChoice.option, DeviceChoice.movingDoc)
    var device: DeviceChoice?
}

/// Of `:train` with labels, for a network with an output layer of them.
struct LabelTrainingSettings: Settings {
    /// What each example's loss is multiplied with.
    enum ClassWeight: String, SettingChoice { case none, balanced }

    @Setting("max_source_length", in: 1...65536, unit: "tokens", "longer inputs are cut to this")
    var maxSourceLength = 512
    @Setting(DeviceChoice.option, DeviceChoice.movingDoc)
    var device: DeviceChoice?
    @Setting(
        "class_weight", "\"balanced\": every class weighs the same in training, however rare")
    var classWeight = ClassWeight.none
    @Setting(
        "new_labels", "forget the labels known so far and learn this data's, with a new output layer")
    var newLabels = false
}

/// Of `:generate` and `:classify`: how inputs are read.
struct ReadingSettings: Settings {
    @Setting(
        "max_source_length", in: 1...65536, unit: "tokens",
        "longer inputs are cut to this; else as in training")
    var maxSourceLength: Int?
    @Setting("source_prefix", "text put before every input; else the student's own")
    var prefix: String?
    @Setting("batch_size", in: 1...65536, unit: "texts", "texts read at once")
    var batchSize = 32
    @Setting(Precision.option, Precision.doc)
    var precision = Precision.auto
    @Setting(DeviceChoice.option, DeviceChoice.movingDoc)
    var device: DeviceChoice?
}

/// Of `:classify` for a network that writes its labels.
struct LabelSettings: Settings {
    @Setting(
        "labels",
        "what it chooses among, if it was not made with task = \"classify\"; else those of its training")
    var labels: [String]?
    var reading = ReadingSettings()
}

/// Of `:loss` with pairs of texts.
struct LossSettings: Settings {
    @Setting(
        "max_source_length", in: 1...65536, unit: "tokens",
        "longer inputs are cut to this; else as in training")
    var maxSourceLength: Int?
    @Setting("max_target_length", in: 1...65536, unit: "tokens", "longer targets are cut to this")
    var maxTargetLength = 128
    @Setting("source_prefix", "text put before every input; else as in training")
    var prefix: String?
    @Setting("batch_size", in: 1...65536, unit: "pairs", "pairs read at once")
    var batchSize = 16
    @Setting(Precision.option, "number format of matrix products")
    var precision = Precision.fp32
    @Setting(DeviceChoice.option, DeviceChoice.movingDoc)
    var device: DeviceChoice?
}
