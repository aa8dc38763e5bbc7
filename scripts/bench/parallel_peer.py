"""PyTorch's side of scripts/bench/parallel, started by torchrun: DistributedDataParallel on gloo.

    parallel_peer.py step PAIRS STEPS      seconds of a step of all ranks together
    parallel_peer.py sum BYTES ROUNDS      seconds of the sum of so many bytes over all ranks, in buckets of 25 MB
"""

import sys
import time

import torch
import torch.distributed as dist

WIDTH, HEIGHT = 128, 32


def step(pairs, steps):
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(1)
    model = T5ForConditionalGeneration(T5Config(vocab_size=32128, dropout_rate=0.1, decoder_start_token_id=0)).train()
    network = torch.nn.parallel.DistributedDataParallel(model) if dist.get_world_size() > 1 else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    generator = torch.Generator().manual_seed(2 + dist.get_rank())
    own = pairs // dist.get_world_size()
    for count in range(2 + steps):
        if count == 2:
            dist.barrier()
            start = time.perf_counter()
        ids = torch.randint(5, 32128, (own, WIDTH), generator=generator)
        labels = torch.randint(5, 32128, (own, HEIGHT), generator=generator)
        loss = network(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
    dist.barrier()
    return (time.perf_counter() - start) / steps


def total(size, rounds):
    buckets = [torch.ones(min(25 << 20, size - at) // 4) for at in range(0, size, 25 << 20)]
    for count in range(1 + rounds):
        if count == 1:
            dist.barrier()
            start = time.perf_counter()
        for work in [dist.all_reduce(bucket, async_op=True) for bucket in buckets]:
            work.wait()
    dist.barrier()
    return (time.perf_counter() - start) / rounds


dist.init_process_group("gloo")
what, first, second = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seconds = step(first, second) if what == "step" else total(first, second)
if dist.get_rank() == 0:
    print(seconds)
dist.destroy_process_group()
