extension RetrievalTeacher {
    /// What its page of help says: what it is, and what it is not.
    public static let page = """
        teacher.open { "retrieval", corpus = background, input = "document", target = "summary" }

        A baseline teacher and the offline default. It is not a language model: it writes nothing of its own. It
        holds a background corpus of real pairs, which must share nothing with your gold or test data, and finds
        the nearest documents by BM25.

          expand     a prompt that uses the corpus's `target` (summary → document): composes a text from
                     sentences of the nearest background documents.
          summarize  a prompt that uses the corpus's `input` (document → summary): answers with the document's
                     sentence or the neighbour's summary that fits best.
          classify   task = "classify": the label most voted for among the neighbours.

        It reads the record's fields, not the wording of the prompt, so the same script runs with it and with a
        language model. Scores against it say how far retrieval alone comes.
        """
}
