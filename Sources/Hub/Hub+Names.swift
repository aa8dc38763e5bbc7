import LyceumKit

extension Hub {
    /// The folder of a checkpoint that a person named: a folder, or a name on the Hub, which is fetched.
    ///
    /// A name that exists as a folder is the folder; "hf:owner/name" is always the Hub's.
    ///
    /// - Parameters:
    ///   - name: "my-t5/", "google-t5/t5-small", "hf:google-t5/t5-small".
    ///   - revision: of the Hub; nil is its main branch.
    ///   - token: instead of that of the environment.
    ///   - job: progress and cancellation.
    /// - Throws: `LyceumError`: neither, no access, no answer.
    public func checkpointFolder(named name: String, revision: String? = nil, token: String? = nil, job: Job)
        throws
        -> String
    {
        let isExplicit = name.hasPrefix(HubDataset.scheme)
        if !isExplicit, Files.exists(name) {
            if let revision {
                throw LyceumError.badOption(
                    function: "student.load", option: "revision",
                    expected: "a name on the Hub, not a folder (hf:\(name) means the Hub)",
                    got: "'\(revision)'")
            }
            return name
        }
        let id = isExplicit ? String(name.dropFirst(HubDataset.scheme.count)) : name
        if isExplicit || HubRepository.isQualifiedName(id) {
            let repository = try HubRepository(.model, id, revision: revision ?? HubRepository.mainRevision)
            do {
                return try checkpoint(repository, token: token, job: job)
            } catch LyceumError.failed(let problem, let remedy) where !isExplicit {
                throw LyceumError.failed("there is no folder '\(name)', and \(problem)", remedy: remedy)
            }
        }
        let full = Self.owners[name].map { "\($0)/\(name)" }
        throw LyceumError.file(
            path: name, line: nil, problem: "does not exist",
            remedy: full.map { "did you mean \"\($0)\", which is on the Hub?" }
                ?? "name a folder that student:save or Hugging Face's save_pretrained wrote, or a model of the Hub as owner/name"
        )
    }

    /// Who owns the models that are best known without an owner.
    private static let owners = [
        "t5-small": "google-t5", "t5-base": "google-t5", "t5-large": "google-t5", "bart-base": "facebook",
        "bart-large": "facebook", "bart-large-cnn": "facebook", "flan-t5-small": "google",
        "flan-t5-base": "google",
        "t5-v1_1-small": "google", "mt5-small": "google", "bert-base-uncased": "google-bert",
        "bert-base-cased": "google-bert", "distilbert-base-uncased": "distilbert",
        "distilbert-base-cased": "distilbert", "distilbart-cnn-12-6": "sshleifer",
    ]
}
