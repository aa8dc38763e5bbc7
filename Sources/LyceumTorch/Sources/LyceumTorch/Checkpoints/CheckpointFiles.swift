/// The file names of Hugging Face's checkpoint folders.
public enum CheckpointFiles {
    /// The weights.
    public static let weights = "model.safetensors"
    /// The index of weights that several files hold.
    public static let weightIndex = "model.safetensors.index.json"
    /// The weights as `torch.save` writes them.
    public static let torchWeights = "pytorch_model.bin"
    /// The index of such weights that several files hold.
    public static let torchWeightIndex = "pytorch_model.bin.index.json"
    /// The shape of the network.
    public static let configuration = "config.json"
    /// The defaults of generation.
    public static let generation = "generation_config.json"
}
