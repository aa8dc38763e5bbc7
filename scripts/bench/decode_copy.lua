-- The trained student of scripts/bench/decode: lyceum run decode_copy.lua FOLDER CORPUS make|measure [STEPS]
-- `make` trains a small BART to repeat the beginning of its input; `measure` prints (JSON) what drafts from the source gain on
-- it and on a T5 of random weights, and what int8 costs in ROUGE.
local folder, corpus, what, steps = ...

-- Documents of 40 words; with `is_shuffled`, in no order: then nothing but copying foretells the next word.
local function rows(first, count, is_shuffled)
    math.randomseed(5)
    local some = {}
    for _, row in ipairs(data.load(corpus):shuffle { seed = 5 }:take(20000)) do
        local words = {}
        for word in row.document:gmatch("%S+") do words[#words + 1] = word end
        if #words >= 40 then
            words = table.move(words, 1, 40, 1, {})
            for i = is_shuffled and 40 or 1, 2, -1 do
                local j = math.random(i)
                words[i], words[j] = words[j], words[i]
            end
            some[#some + 1] = { document = table.concat(words, " "), summary = table.concat(words, " ", 1, 32) }
        end
        if #some == first + count then break end
    end
    return data.from(table.move(some, first + 1, first + count, 1, {}))
end

if what == "make" then
    local copier = student.new("bart", {
        d_model = 256, encoder_layers = 2, decoder_layers = 2, encoder_attention_heads = 4, decoder_attention_heads = 4,
        encoder_ffn_dim = 1024, decoder_ffn_dim = 1024, vocab_size = 3000, dropout = 0, init_std = 0.06,
        max_position_embeddings = 256,
    })
    copier:train(rows(200, 6000, true), {
        input = "document", target = "summary", max_steps = tonumber(steps or 800), batch_size = 16,
        learning_rate = 1e-3, max_source_length = 160, max_target_length = 96, warmup_steps = 100,
    })
    copier:save(folder .. "/copier")
    return
end

-- With one thread by processor time, which other work on the machine does not change.
local clock = os.getenv("OMP_NUM_THREADS") == "1" and os.clock or metrics.clock

local function speed(loaded, texts, options)
    local best = math.huge
    local written
    for _ = 1, 3 do
        local start, tokens = clock(), 0
        written = {}
        for i, text in ipairs(texts) do
            options.batch_size = 1
            written[i] = loaded:generate(text, options)
            -- The text of random weights is not made of words; it has as many tokens as it must.
            tokens = tokens + math.max(options.min_new_tokens, #loaded:tokenize(written[i]))
        end
        best = math.min(best, (clock() - start) / tokens)
    end
    return 1 / best, written
end

local held = rows(0, 100)
local texts, targets = {}, {}
for i = 1, #held do texts[i], targets[i] = held[i].document, held[i].summary end
local result = {}
local copier = student.load(folder .. "/copier")
local function rouge(precision)
    local written = copier:generate(texts, { precision = precision, max_new_tokens = 96 })
    return metrics.rouge(written, targets).rougeL.fmeasure * 100
end
result.rougeL = { fp32 = rouge("fp32"), bf16 = rouge("bf16"), int8 = rouge("int8") }
local few = table.move(texts, 1, 20, 1, {})
for name, loaded in pairs { copier = copier, random = student.load(folder .. "/t5") } do
    for _, precision in ipairs { "fp32", "bf16" } do
        local length = name == "random" and 64 or 0
        local function side(tokens)
            return speed(loaded, name == "random" and table.move(texts, 1, 3, 1, {}) or few, {
                precision = precision, max_new_tokens = name == "random" and 64 or 96, min_new_tokens = length, prompt_lookup_num_tokens = tokens,
                source_prefix = "",
            })
        end
        local plain, expected = side(0)
        local drafted, written = side(7)
        for i, text in ipairs(written) do assert(text == expected[i], "a draft changed a text") end
        result[name .. " " .. precision] = { plain = plain, drafted = drafted, ratio = drafted / plain }
    end
end
print(json.encode(result))
