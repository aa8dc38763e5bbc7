import LuaBridge

extension Scripting {
    /// A student behind OpenAI's API, and the lab in a browser.
    static var servingTopic: HelpTopic {
        HelpTopic(name: "serve", summary: "a student behind OpenAI's API, and the lab in a browser") {
            """
            From the shell:

              lyceum serve my-t5/                        -- http://127.0.0.1:8000/v1, one model called my-t5
              lyceum serve news=my-t5/ my-bart/ --port 9000 --lab .lyceum
              lyceum lab                                 -- http://127.0.0.1:8001: runs as they go, in a browser

            Any client of OpenAI's API asks it, streamed or not:

              curl http://127.0.0.1:8000/v1/completions -H 'content-type: application/json' \\
                   -d '{"model": "my-t5", "prompt": "Text to summarise", "max_tokens": 60}'
              client = openai.OpenAI(base_url="http://127.0.0.1:8000/v1", api_key="none")
              client.chat.completions.create(model="my-t5", messages=[{"role": "user", "content": text}], stream=True)

            OpenAI's API has no classification, so its Python client asks for it by path:

              client.post("/classify", cast_to=object, body={"model": "my-bert", "input": ["a text", "another"]})

            There are /v1/chat/completions, /v1/completions, /v1/classify ({"model": …, "input": [texts]}),
            /v1/models, /health (503 until the students are loaded, and again when the server ends) and /metrics
            (Prometheus). A body may have OpenAI's options (max_tokens, temperature, top_p, n, stop, seed, stream)
            and next to them those of student:generate (num_beams, no_repeat_ngram_size, source_prefix, …). What is
            left out is as in the student's folder. temperature 0 takes the most probable tokens.

            The prompt template that a student was trained with travels in its folder: a save with a template,

              t5:save("my-t5/", { template = "Summarise: {{ article }}" })

            puts the text of each request into it; "variables" in the body fills further variables. Of a chat the
            student reads the last message of the user, or what chat_template.jinja makes of all messages. An input
            longer than the student reads is an error, unless "truncate_prompt_tokens": -1 has it cut.

            Requests join and leave the running batch between two steps of the decoder. What does not fit waits;
            beyond --queue it is refused with 429 and Retry-After. SIGTERM and Ctrl-C answer what was accepted and
            end. The server reads a folder once: it may be replaced or removed while it is served, and answers go on
            from what was read; a restart serves the new one. The server listens on this machine only, unless --host says otherwise; then clients need a key:
            --api-key, or LYCEUM_API_KEY. lyceum serve --help and lyceum lab --help name every option.

            The server is built when it is first asked for, which takes some minutes.
            """
        }
    }
}
