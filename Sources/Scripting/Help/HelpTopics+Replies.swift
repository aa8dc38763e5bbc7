extension Scripting {
    /// How a run of a teacher keeps, pays and limits.
    static let repliesPage = """
        gpt:estimate(d, { prompt = p })              -- before: calls, tokens, a range in USD, what the lab saves
        out = gpt:generate(d, { prompt = p, n = 2 }) -- each reply is in the lab when it counts as answered
        out.failed                                   -- the rows without a usable answer, with the reason
        out = gpt:retry(out)                         -- asks only those
        gpt.usage, out:cost()                        -- after: of this teacher; of this dataset, in any session

        Kept: a reply is found again under the request as it was sent (server, model, messages, every parameter)
        and the number of the sample. An edited script, a later session and a run that was killed ask only what is
        new. fresh = true asks again. A reply that was cut short (length) or filtered was paid for: it is kept, fails
        its row, and only retry asks for it again.

        Tokens: a teacher opened with logprobs = true, or top_logprobs = 5, gives a column reply_logprobs (of the
        output's name): for each reply a list of { token, logprob }, with top = { { token, logprob }, … } if asked for.

        Paid: prices come with Lyceum (OpenAI, Anthropic). ~/.config/lyceum/prices.json adds to them:
          { "my-server:8000": { "models": { "my-model": { "input": 0.2, "output": 0.6 } } } }   USD per million tokens
        as do price_in and price_out. A price that is not known is unknown, not 0. budget_usd and budget_calls are
        hard stops: what is on its way counts with the most that it may cost, so set max_tokens too.

        Batches: out = gpt:generate(d, { prompt = p, batch = true }) submits the questions to the server's Batch API
        (OpenAI's), which answers within a day, at OpenAI for half the price. Ctrl-C leaves the batch running. The
        same call, in a later session too, fetches it and hands over only what is in no batch; fresh = true fetches
        as well before it asks again. wait = false hands over, or fetches what is done, and returns: rows on their way
        are in out.failed. Replies of a batch that expired, failed or was cancelled are kept, and the next call hands
        the rest over again. The lab remembers batches, so there must be one. Until a batch is fetched its questions
        are not asked otherwise. A schema is checked, without a second try: retry asks for those that do not fit. The
        share of the price is "batch": 0.5 next to "models" in prices.json; without it the cost is unknown.

        Rate limits: concurrency caps the requests in flight. requests_per_minute and tokens_per_minute are spread over the
        minute; without them the server's x-ratelimit headers are obeyed. 429, 503 and 529 halve the number at once,
        answers raise it again one by one. Retry-After is obeyed up to 2 minutes; a longer one ends the run, as do a
        refused key and an empty account. retries = 0 sends each request once. Times: connect_timeout,
        first_byte_timeout, timeout.
        """
}
