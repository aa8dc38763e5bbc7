"""The peers of scripts/bench/serve: makes the model, and serves it with transformers or CTranslate2."""

import json
import os
import queue
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

what, folder = sys.argv[1], sys.argv[2]
THREADS = os.cpu_count()
MOST = 64

if what == "make":
    import torch
    from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

    size, root = sys.argv[3], sys.argv[4]
    sizes = dict(d_model=128, d_kv=32, d_ff=512, num_layers=2, num_heads=4, vocab_size=4000) if size == "tiny" \
        else dict(d_model=512, d_kv=64, d_ff=2048, num_layers=6, num_heads=8, vocab_size=32128)
    torch.manual_seed(1)
    model = T5ForConditionalGeneration(T5Config(decoder_start_token_id=0, **sizes))
    model.save_pretrained(folder)
    spiece = f"{root}/Sources/LyceumKit/Tests/LyceumTextTests/Fixtures/checkpoints/t5/spiece.model"
    T5Tokenizer(spiece, extra_ids=0, legacy=False).save_pretrained(folder)
    import ctranslate2

    ctranslate2.converters.TransformersConverter(folder).convert(folder + "-ct2", force=True)
    sys.exit(0)

from transformers import T5Tokenizer

tokenizer = T5Tokenizer.from_pretrained(folder, legacy=False)
waiting = queue.Queue()
dtype = sys.argv[4]

if what == "transformers":
    import torch
    from transformers import T5ForConditionalGeneration

    torch.set_num_threads(THREADS)
    model = T5ForConditionalGeneration.from_pretrained(folder, torch_dtype=getattr(torch, dtype)).eval()

    def answer(texts, new):
        batch = tokenizer(texts, return_tensors="pt", padding=True)
        with torch.inference_mode():
            ids = model.generate(**batch, max_new_tokens=max(new), min_new_tokens=max(new), num_beams=1, do_sample=False)
        return [tokenizer.decode(row[: 1 + own], skip_special_tokens=True) for row, own in zip(ids, new)]
else:
    import ctranslate2

    translator = ctranslate2.Translator(folder + "-ct2", device="cpu", compute_type=dtype, intra_threads=THREADS)

    def answer(texts, new):
        tokens = [tokenizer.convert_ids_to_tokens(tokenizer.encode(text)) for text in texts]
        found = translator.translate_batch(tokens, beam_size=1, max_decoding_length=max(new), min_decoding_length=max(new))
        return [tokenizer.decode(tokenizer.convert_tokens_to_ids(one.hypotheses[0][:own])) for one, own in zip(found, new)]


def work():
    """Whatever waits is one batch, which is written to the longest answer of it."""
    while True:
        batch = [waiting.get()]
        while len(batch) < MOST and not waiting.empty():
            batch.append(waiting.get())
        for (_, _, done), text in zip(batch, answer([text for text, _, _ in batch], [new for _, new, _ in batch])):
            done.put(text)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply({"status": "ok"})

    def do_POST(self):
        wish = json.loads(self.rfile.read(int(self.headers["content-length"])))
        done = queue.Queue()
        waiting.put((wish["prompt"], wish["max_tokens"], done))
        self.reply({"choices": [{"index": 0, "text": done.get()}]})

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


threading.Thread(target=work, daemon=True).start()
Server(("127.0.0.1", int(sys.argv[3])), Handler).serve_forever()
