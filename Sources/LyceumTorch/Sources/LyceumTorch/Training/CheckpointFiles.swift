/// The file names of Hugging Face's checkpoint folders.
public enum CheckpointFiles {
    /// The weights.
    public static let weights = "model.safetensors"
    /// The index of weights that several files hold.
    public static let weightIndex = "model.safetensors.index.json"
    /// The shape of the network.
    public static let configuration = "config.json"
    /// The defaults of generation.
    public static let generation = "generation_config.json"
}
