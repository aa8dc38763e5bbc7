-- The trained student of scripts/bench/decode: lyceum run decode_copy.lua FOLDER CORPUS make|measure [STEPS]
-- `make` trains a small T5 to repeat the beginning of its input; `measure` prints (JSON) what drafts from the source gain on it
-- and on a student of random weights, and what int8 costs in ROUGE.
local folder, corpus, what, steps = ...

local function rows(first, count)
    local some = {}
    for _, row in ipairs(data.load(corpus):shuffle { seed = 5 }:take(20000)) do
        local words = {}
        for word in row.document:gmatch("%S+") do words[#words + 1] = word end
        if #words >= 60 then
            some[#some + 1] = {
                document = table.concat(words, " ", 1, 60), summary = table.concat(words, " ", 1, 24),
            }
        end
        if #some == first + count then break end
    end
    return data.from(table.move(some, first + 1, first + count, 1, {}))
end

if what == "make" then
    local copier = student.new("t5", {
        d_model = 192, d_kv = 32, d_ff = 512, num_heads = 6, num_layers = 2, vocab_size = 4000, dropout_rate = 0,
    })
    copier:train(rows(200, 6000), {
        input = "document", target = "summary", max_steps = tonumber(steps or 3000), batch_size = 16,
        learning_rate = 2e-3, max_source_length = 160, max_target_length = 64, warmup_steps = 100,
    })
    copier:save(folder .. "/copier")
    return
end

local function speed(loaded, texts, options)
    local best = math.huge
    local written
    for _ = 1, 3 do
        local start, tokens = metrics.clock(), 0
        written = {}
        for i, text in ipairs(texts) do
            options.batch_size = 1
            written[i] = loaded:generate(text, options)
            -- The text of random weights is not made of words; it has as many tokens as it must.
            tokens = tokens + math.max(options.min_new_tokens, #loaded:tokenize(written[i]))
        end
        best = math.min(best, (metrics.clock() - start) / tokens)
    end
    return 1 / best, written
end

local held = rows(0, 100)
local texts, targets = {}, {}
for i = 1, #held do texts[i], targets[i] = held[i].document, held[i].summary end
local result = {}
local copier = student.load(folder .. "/copier")
local function rouge(precision)
    local written = copier:generate(texts, { precision = precision, max_new_tokens = 64 })
    return metrics.rouge(written, targets).rougeL.fmeasure * 100
end
result.rougeL = { fp32 = rouge("fp32"), bf16 = rouge("bf16"), int8 = rouge("int8") }
local few = table.move(texts, 1, 20, 1, {})
for name, loaded in pairs { copier = copier, random = student.load(folder .. "/t5") } do
    for _, precision in ipairs { "fp32", "bf16" } do
        local length = name == "random" and 64 or 0
        local function side(tokens)
            return speed(loaded, name == "random" and table.move(texts, 1, 3, 1, {}) or few, {
                precision = precision, max_new_tokens = 64, min_new_tokens = length, prompt_lookup_num_tokens = tokens,
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
