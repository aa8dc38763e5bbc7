"""transformers' side of scripts/bench/cuda: training tokens/s of the same networks and lengths on the device."""

import os
import sys
import time

import torch
import transformers
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration

device = sys.argv[1]
small = "LYCEUM_BENCH_SMALL" in os.environ
batch, steps = (4, 2) if small else (32, 30)


def network(name):
    torch.manual_seed(1)
    if name == "t5":
        layers = dict(d_model=64, d_ff=128, d_kv=16, num_layers=2) if small else dict(d_model=512, d_ff=2048, d_kv=64, num_layers=6)
        return T5ForConditionalGeneration(T5Config(vocab_size=8000, num_heads=8, dropout_rate=0.0, decoder_start_token_id=0, **layers))
    width, count = (64, 2) if small else (768, 6)
    heads = 4 if small else 12
    return BartForConditionalGeneration(BartConfig(
        vocab_size=8000, d_model=width, encoder_layers=count, decoder_layers=count, encoder_attention_heads=heads,
        decoder_attention_heads=heads, encoder_ffn_dim=4 * width, decoder_ffn_dim=4 * width, dropout=0.0, attention_dropout=0.0))


def wait():
    if device.startswith("cuda"):
        torch.cuda.synchronize()


print(f"transformers {transformers.__version__}, torch {torch.__version__} on {device}")
for name in ["t5", "bart"]:
    for precision in ["fp32", "bf16"]:
        model = network(name).to(device).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
        ids = torch.randint(5, 8000, (batch, 512), device=device)
        labels = torch.randint(5, 8000, (batch, 64), device=device)
        for step in range(steps + 3):
            if step == 3:
                wait()
                start = time.perf_counter()
            with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=precision == "bf16"):
                loss = model(input_ids=ids, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        wait()
        seconds = (time.perf_counter() - start) / steps
        print(f"{name:5} training in {precision}, {batch} pairs of 512 → 64 tokens: {batch * 576 / seconds:.0f} tokens/s")
