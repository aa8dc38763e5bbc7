"""Asks a running `lyceum serve` with the official clients: python scripts/bench/serve_clients.py http://127.0.0.1:8000/v1 MODEL [CLASSIFIER]

Needs the packages openai and langchain-openai. Ends with one line for each thing that was tried; the first that fails
ends it.
"""

import asyncio
import json
import sys
import urllib.request

import openai

url, model = sys.argv[1], sys.argv[2]
client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
question = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "The cat sat on the mat by the door."}]


def done(name, what=""):
    print(f"ok   {name} {what!r}")


assert model in [m.id for m in client.models.list()]
assert client.models.retrieve(model).id == model
done("models")

whole = client.chat.completions.create(model=model, messages=question, max_tokens=12, temperature=0)
assert whole.choices[0].finish_reason in ("stop", "length") and whole.usage.total_tokens > 0
done("chat", whole.choices[0].message.content)

chunks = list(client.chat.completions.create(
    model=model, messages=question, max_tokens=12, temperature=0, stream=True, stream_options={"include_usage": True}))
assert chunks[0].choices[0].delta.role == "assistant"
text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
assert text == whole.choices[0].message.content, text
assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
done("chat, streamed", text)

with client.chat.completions.stream(model=model, messages=question, max_tokens=12, temperature=0) as stream:
    final = stream.get_final_completion()
assert final.choices[0].message.content == whole.choices[0].message.content
done("chat, by the stream helper")

several = client.completions.create(
    model=model, prompt=["The cat.", "A storm."], n=2, max_tokens=8, extra_body={"num_beams": 3, "no_repeat_ngram_size": 2})
assert [c.index for c in several.choices] == [0, 1, 2, 3]
done("completions of two prompts, two beams each", several.choices[3].text)

drawn = [client.completions.create(model=model, prompt="The cat.", temperature=1.0, seed=s, max_tokens=8).choices[0].text for s in (1, 1, 2)]
assert drawn[0] == drawn[1]
done("a seed fixes a draw", drawn)

for wish, kind in [
    (dict(model="none", prompt="a"), openai.NotFoundError), (dict(model=model, prompt="a", max_tokens=-1), openai.BadRequestError),
    (dict(model=model, prompt="word " * 5000), openai.BadRequestError), (dict(model=model, prompt="a", logprobs=2), openai.BadRequestError),
]:
    try:
        client.completions.create(**wish)
        raise AssertionError("no error")
    except kind as error:
        assert error.body["message"] and "code" in error.body, error.body
done("errors as the client raises them")


async def many():
    asynchronous = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=5)
    async def one(number):
        stream = await asynchronous.chat.completions.create(
            model=model, messages=[{"role": "user", "content": f"Number {number}."}], max_tokens=6, stream=True, temperature=0)
        return "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])
    together = await asyncio.gather(*(one(n) for n in range(32)))
    alone = [await one(n) for n in range(4)]
    assert together[:4] == alone
asyncio.run(many())
done("32 streams at once")

try:
    from langchain_openai import ChatOpenAI, OpenAI

    chat = ChatOpenAI(model=model, base_url=url, api_key="none", temperature=0, max_tokens=12, max_retries=0)
    assert chat.invoke("The cat sat on the mat by the door.").content == whole.choices[0].message.content
    assert "".join(c.content for c in chat.stream("The cat sat on the mat by the door.")) == whole.choices[0].message.content
    assert len(chat.batch(["a", "b", "c"])) == 3
    OpenAI(model=model, base_url=url, api_key="none", temperature=0, max_tokens=12).invoke("The cat.")
    done("LangChain, whole, streamed, in a batch")
except ImportError:
    print("     LangChain is not installed")

if len(sys.argv) > 3:
    body = json.dumps({"model": sys.argv[3], "input": ["a library for images", "a game"]}).encode()
    request = urllib.request.Request(url + "/classify", body, {"content-type": "application/json"})
    found = json.load(urllib.request.urlopen(request))
    assert len(found["data"]) == 2
    # OpenAI's API has no classification: the client asks for it by path.
    same = client.post("/classify", cast_to=object, body={"model": sys.argv[3], "input": ["a library for images", "a game"]})
    assert same["data"] == found["data"], same
    try:
        client.post("/classify", cast_to=object, body={"model": sys.argv[3], "input": 3})
        raise AssertionError("no error")
    except openai.BadRequestError as error:
        assert error.body["message"], error.body
    done("classify, plain and by the client's post", [d["label"] for d in found["data"]])
