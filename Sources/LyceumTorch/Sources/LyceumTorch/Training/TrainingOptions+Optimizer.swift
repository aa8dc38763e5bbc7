extension OptimizerChoice {
    /// Makes an optimizer of a run's options.
    func make(_ parameters: [(name: String, parameter: Parameter)], _ options: TrainingOptions) throws
        -> any Optimizer
    {
        switch self {
        case .adamW: return try AdamW(parameters, weightDecay: options.weightDecay)
        case .adafactor:
            return try Adafactor(
                parameters, weightDecay: options.weightDecay, scaleParameter: options.scaleParameter)
        }
    }
}
