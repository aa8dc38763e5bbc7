"""The side of openai-python in scripts/bench/teacher: PORT REQUESTS. Prints the seconds that the requests took."""
import asyncio
import sys
import time

import openai

port, total = sys.argv[1], int(sys.argv[2])
text = "Something happened somewhere to somebody today. " * 10


async def main() -> None:
    client = openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
    numbers = iter(range(total + 200))
    done = 0

    async def worker(last: int) -> None:
        nonlocal done
        while done < last:
            done += 1
            n = next(numbers)
            reply = await client.chat.completions.create(
                model="tiny",
                messages=[{
                    "role": "user",
                    "content": f"Summarise the following article in three sentences. Article of row {n}: {text}",
                }],
            )
            assert reply.choices[0].message.content

    async def run(last: int) -> None:
        await asyncio.gather(*(worker(last) for _ in range(64)))

    await run(200)  # connections are there from now on
    start = time.perf_counter()
    await run(200 + total)
    print(f"{time.perf_counter() - start:.3f}")


asyncio.run(main())
