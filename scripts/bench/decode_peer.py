"""The peers' side of scripts/bench/decode and latency, and what makes the models. Reads a request in each line, answers
with a line."""

import glob
import json
import os
import shutil
import sys
import time

what, folder = sys.argv[1], sys.argv[2]
threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))


def make(kind):
    """A checkpoint of full size with random weights and a small vocabulary of pieces, and CTranslate2's copies."""
    import ctranslate2.converters as converters
    import torch
    from transformers import (AutoTokenizer, BartConfig, BartForConditionalGeneration, T5Config,
                              T5ForConditionalGeneration)

    torch.manual_seed(1)
    fixtures = os.environ["LYCEUM_BENCH_FIXTURES"]
    if kind == "bart":
        model = BartForConditionalGeneration(BartConfig(
            vocab_size=50265, d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12,
            decoder_attention_heads=12, encoder_ffn_dim=3072, decoder_ffn_dim=3072, forced_eos_token_id=None,
            # CTranslate2's converter asks for these.
            normalize_before=False, add_final_layer_norm=False, normalize_embedding=True,
            static_position_embeddings=False))
        names, source = ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
                         "tokenizer.json"], os.path.dirname(glob.glob(f"{fixtures}/BARTTests/Fixtures/*/merges.txt")[0])
    else:
        model = T5ForConditionalGeneration(T5Config(vocab_size=32128, decoder_start_token_id=0))
        names, source = ["spiece.model", "tokenizer_config.json"], f"{fixtures}/T5Tests/Fixtures/relu"
    model.save_pretrained(folder)
    for name in names:
        if os.path.exists(f"{source}/{name}"):
            shutil.copy(f"{source}/{name}", folder)
    wide = folder
    if kind == "bart":
        # CTranslate2 wants a piece for each row of the table.
        wide = f"{folder}/wide"
        model.save_pretrained(wide)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        tokenizer.add_tokens([f"x{i}" for i in range(50265 - len(tokenizer))])
        tokenizer.save_pretrained(wide)
    converters.TransformersConverter(wide).convert(f"{folder}/float32", force=True)
    converters.TransformersConverter(wide).convert(f"{folder}/int8", quantization="int8", force=True)
    if wide != folder:
        shutil.rmtree(wide)


def pieces(target, corpus):
    """The same checkpoint with a vocabulary of 32,000 pieces, as large as T5-small's: what loading one takes counts."""
    import collections
    import math

    from sentencepiece import sentencepiece_model_pb2

    if os.path.exists(f"{target}/spiece.model"):
        return
    os.makedirs(target, exist_ok=True)
    for name in os.listdir(folder):
        if name.endswith((".json", ".safetensors")) and not os.path.exists(f"{target}/{name}"):
            os.link(f"{folder}/{name}", f"{target}/{name}")
    model = sentencepiece_model_pb2.ModelProto()
    with open(f"{folder}/spiece.model", "rb") as file:
        model.ParseFromString(file.read())
    known, counts = {piece.piece for piece in model.pieces}, collections.Counter()
    with open(corpus, encoding="utf-8") as file:
        for line in file:
            for word in json.loads(line)["document"].split():
                counts["\u2581" + word] += 1
                counts.update(word[:length] for length in range(2, 6))
    for text, _ in counts.most_common():
        if len(model.pieces) == 32000:
            break
        if text not in known:
            model.pieces.add(piece=text, score=-math.log(len(model.pieces)), type=1)
    with open(f"{target}/spiece.model", "wb") as file:
        file.write(model.SerializeToString())


def serve(answer):
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        start, cpu = time.perf_counter(), time.process_time()
        count = answer(ask)
        print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "texts": count}),
              flush=True)


def tokenizer_of():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


def ctranslate2_side(precision):
    import ctranslate2

    tokenizer = tokenizer_of()
    translator = ctranslate2.Translator(
        f"{folder}/{precision}", device="cpu", compute_type=precision, inter_threads=1, intra_threads=threads)

    def answer(ask):
        ids = tokenizer(ask["texts"], truncation=True, max_length=512)["input_ids"]
        rows = [tokenizer.convert_ids_to_tokens(row) for row in ids]
        done = translator.translate_batch(
            rows, beam_size=ask["beams"], max_batch_size=len(rows), max_decoding_length=ask["tokens"],
            min_decoding_length=ask["tokens"], max_input_length=0)
        return len([tokenizer.decode(tokenizer.convert_tokens_to_ids(one.hypotheses[0])) for one in done])

    serve(answer)


def transformers_side():
    import torch
    from transformers import AutoModelForSeq2SeqLM

    torch.set_num_threads(threads)
    tokenizer, model = tokenizer_of(), AutoModelForSeq2SeqLM.from_pretrained(folder).eval()

    def answer(ask):
        batch = tokenizer(ask["texts"], truncation=True, max_length=512, padding=True, return_tensors="pt")
        with torch.no_grad():
            out = model.generate(
                **{key: batch[key] for key in ("input_ids", "attention_mask")}, num_beams=ask["beams"], do_sample=False,
                max_new_tokens=ask["tokens"], min_new_tokens=ask["tokens"])
        return len(tokenizer.batch_decode(out, skip_special_tokens=True))

    serve(answer)


if what == "make":
    make(sys.argv[3])
elif what == "pieces":
    pieces(sys.argv[3], sys.argv[4])
elif what == "transformers":
    transformers_side()
else:
    ctranslate2_side(what)
