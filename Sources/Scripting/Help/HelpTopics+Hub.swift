extension Scripting {
    /// Names on the Hugging Face Hub, and files that come from there.
    static let hubPage = """
        student.load("google-t5/t5-small")                          -- owner/name: fetched once, then found in the cache
        student.load("sshleifer/distilbart-cnn-12-6")               -- pytorch_model.bin, read without running a pickle
        student.load("google/t5-v1_1-small", { revision = "refs/pr/1" })
        data.load("hf:abisee/cnn_dailymail", { config = "3.0.0", split = "train" })   -- Parquet
        data.load("train.parquet", { columns = { "article" }, row_groups = { 1, 2 } })
        hub.list(); hub.files("google-t5/t5-small"); hub.fetch(…); hub.remove(…)      -- lyceum hub ls, fetch, rm

        A name that exists as a folder is the folder; "hf:owner/name" is always the Hub's. Of a model only what a
        student needs comes: configuration, tokenizer and one set of weights, safetensors before pytorch_model.bin.

        The cache is huggingface_hub's own, so that each program finds the other's downloads. A download that was cut
        or killed goes on where it stopped. What came is checked: SHA-256 of large files, Git's hash of small ones.
        The token is sent to the Hub's own address only.

          HF_ENDPOINT       another Hub (https://huggingface.co)
          HF_HUB_CACHE      the cache; otherwise hub in HF_HOME, otherwise ~/.cache/huggingface/hub
          HF_TOKEN          access to private and gated repositories; otherwise the file that HF_TOKEN_PATH names,
                            otherwise token in HF_HOME; per call: token = "hf_…"
          HF_HUB_OFFLINE    1 asks nobody and uses what is in the cache
          HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT    seconds to wait for an answer, for the next byte (10)

        A sandboxed script may use the cache; --allow-host huggingface.co lets it download, into a cache below
        --write. Parquet and Arrow files are read by a program of their own, which is fetched and built (python3 with
        pip, g++, 55 MB) when the first one is met.
        """
}
