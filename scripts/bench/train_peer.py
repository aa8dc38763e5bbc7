"""The peers' side of scripts/bench/train, on random tokens of the same lengths: transformers in the loop of its Trainer, and
for the LSTM the network of scripts/fixtures/lstm.py in plain PyTorch."""

import json
import os
import random
import resource
import sys
import time

import torch

bench, what, rest = sys.argv[1], sys.argv[2], sys.argv[3:]


def network(architecture, attention="eager"):
    from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration

    if architecture == "bart":
        config = BartConfig(
            vocab_size=50265, d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12,
            decoder_attention_heads=12, encoder_ffn_dim=3072, decoder_ffn_dim=3072, attention_dropout=0.1)
        kind = BartForConditionalGeneration
    else:
        sizes = dict(d_model=128, d_kv=32, d_ff=512, num_layers=2, num_heads=4, vocab_size=4000) if architecture == "small" \
            else dict(vocab_size=32128)
        # Written by T5's own conversion, and asked for by the newest transformers.
        config = T5Config(dropout_rate=0.1, decoder_start_token_id=0, **sizes)
        kind = T5ForConditionalGeneration
    torch.manual_seed(1)
    return kind._from_config(config, attn_implementation=attention)


def pointer_generator():
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fixtures"))
    import lstm

    lstm.V, lstm.E, lstm.H, lstm.A = 5000, 128, 128, 128
    torch.manual_seed(1)
    model = lstm.Reference(pointer=True, coverage=False, layers=1, tied=True)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.1)
    return model


def make(architecture):
    if architecture == "lstm":
        return  # ours makes all of it
    folder = f"{bench}/{architecture}"
    model = network(architecture)
    model.config.architectures = [type(model).__name__]
    model.save_pretrained(folder)
    path = f"{folder}/config.json"
    config = json.load(open(path, encoding="utf-8"))
    # Ours, for the share of the peak: the weights that a token passes, over the whole sample, by token.
    matrices = sum(p.numel() for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n and "shared" not in n
                   and "relative" not in n)
    config["flops_per_token_sixth"] = matrices / 2
    json.dump(config, open(path, "w", encoding="utf-8"), indent=1)


def peak():
    result = {}
    for name, dtype in [("fp32", torch.float32), ("bf16", torch.bfloat16)]:
        a, b = torch.randn(2048, 2048).to(dtype), torch.randn(2048, 2048).to(dtype)
        best = float("inf")
        for _ in range(12):
            start = time.perf_counter()
            a @ b
            best = min(best, time.perf_counter() - start)
        result[name] = 2 * 2048**3 / best / 1e9
    print(json.dumps(result))


def batches(architecture, lengths, order, count):
    if architecture == "lstm":
        return [[(64, 20)] * 32] * count
    if lengths == "fixed":
        return [[(512, 64)] * 8] * count
    pairs = json.load(open(f"{bench}/{architecture}/lengths.json", encoding="utf-8"))
    generator = random.Random(3)
    generator.shuffle(pairs)
    if order == "grouped":
        # As transformers' LengthGroupedSampler: megabatches of 50 batches, sorted by the source's length.
        mega = [pairs[i : i + 400] for i in range(0, len(pairs), 400)]
        pairs = [pair for part in mega for pair in sorted(part, key=lambda pair: -pair[0])]
        made = [pairs[i : i + 8] for i in range(0, len(pairs), 8)]
        # A fair sample of long and short batches.
        return made[:: max(1, len(made) // count)][:count]
    return [pairs[i * 8 : i * 8 + 8] for i in range(count)]


def timed(architecture, precision, lengths, steps, attention, order):
    if architecture == "lstm":
        version, model = f"torch {torch.__version__}", pointer_generator()
        size, pad = 5000, 0
    else:
        import transformers

        version = f"transformers {transformers.__version__}, torch {torch.__version__}"
        try:
            model = network(architecture, attention)
        except (ValueError, ImportError):
            print(json.dumps({"failed": f"{attention} attention is not supported"}))
            return
        size, pad = model.config.vocab_size, model.config.pad_token_id
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    generator = torch.Generator().manual_seed(2)
    wall = cpu = 0.0
    tokens = 0
    for step, batch in enumerate(batches(architecture, lengths, order, 2 + steps)):
        width, height = max(s for s, _ in batch), max(t for _, t in batch)
        ids = torch.randint(5, size, (len(batch), width), generator=generator)
        labels = torch.randint(5, size, (len(batch), height), generator=generator)
        mask = torch.ones_like(ids)
        for row, (source, target) in enumerate(batch):
            ids[row, source:], mask[row, source:], labels[row, target:] = pad, 0, -100
        start, used = time.perf_counter(), time.process_time()
        # The plain network cannot be run under autocast: its scatter mixes types. It stays in float32.
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16" and architecture != "lstm"):
            if architecture == "lstm":
                loss = model(ids.tolist(), labels.tolist(), 0)[1] / labels.numel()
            else:
                loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        if step >= 2:
            wall += time.perf_counter() - start
            cpu += time.process_time() - used
            tokens += sum(s + t for s, t in batch)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"wall": wall, "cpu": cpu, "tokens": tokens, "memory": memory, "version": version}))


if what == "make":
    make(rest[0])
elif what == "peak":
    peak()
else:
    timed(rest[0], rest[1], rest[2], int(rest[3]), rest[4], rest[5])
