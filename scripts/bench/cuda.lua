-- lyceum run cuda.lua FOLDER DEVICE: is training on the device that of the CPU, and how fast is it?
local folder, device = arg[1], arg[2] or "cuda"
local is_small = os.getenv("LYCEUM_BENCH_SMALL") ~= nil     -- to try the script itself

-- Texts of made-up words: nothing needs to be brought along.
local state = 7
local function random(n)
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 65536 % n + 1
end
local words = {}
for i = 1, 3000 do
    local letters = {}
    for k = 1, 2 + random(6) do letters[k] = string.char(96 + random(26)) end
    words[i] = table.concat(letters)
end
local function text(count)
    local list = {}
    for i = 1, count do list[i] = words[random(#words)] end
    return table.concat(list, " ")
end
local records = {}
for i = 1, is_small and 16 or 256 do records[i] = { document = text(600), summary = text(80) } end
local rows = data.from(records)

local function make(architecture)
    local sizes = architecture == "t5"
        and { d_model = 512, d_ff = 2048, d_kv = 64, num_heads = 8, num_layers = 6, dropout_rate = 0 }
        or { d_model = 768, encoder_layers = 6, decoder_layers = 6, encoder_attention_heads = 12, decoder_attention_heads = 12,
            encoder_ffn_dim = 3072, decoder_ffn_dim = 3072, dropout = 0, attention_dropout = 0 }
    if is_small then
        sizes = architecture == "t5" and { d_model = 64, d_ff = 128, d_kv = 16, num_heads = 8, num_layers = 2, dropout_rate = 0 }
            or { d_model = 64, encoder_layers = 2, decoder_layers = 2, encoder_attention_heads = 4, decoder_attention_heads = 4,
                encoder_ffn_dim = 256, decoder_ffn_dim = 256, dropout = 0, attention_dropout = 0 }
    end
    sizes.vocab_size = 8000
    local s = student.new(architecture, sizes)
    s:train(rows, { input = "document", target = "summary", num_train_epochs = 0, seed = 1 })
    s:save(folder .. "/" .. architecture)
    s:close()
end
local function trained(architecture, where, precision, steps, batch)
    local s = student.load(folder .. "/" .. architecture, { device = where })
    local start = metrics.clock()
    local run = s:train(rows, {
        input = "document", target = "summary", max_source_length = 512, max_target_length = 64, batch_size = batch,
        max_steps = steps, learning_rate = 1e-4, precision = precision, seed = 1,
    })
    return s, run, metrics.clock() - start
end

print(("Lyceum on %s"):format(device))
for _, architecture in ipairs { "t5", "bart" } do
    make(architecture)
    -- The same five steps and the same texts in float32. A GPU adds up in another order, so not to the last bit.
    local largest, losses, texts = 0, {}, {}
    for _, where in ipairs { "cpu", device } do
        local s, run = trained(architecture, where, "fp32", 5, 4)
        losses[#losses + 1] = run:history("loss")
        texts[#texts + 1] = s:generate(rows:take(8), { input = "document", max_new_tokens = 16, num_beams = 2 }):column("prediction")
        s:close()
    end
    for i = 1, 5 do
        largest = math.max(largest, math.abs(losses[1][i].value - losses[2][i].value) / losses[1][i].value)
    end
    local same = 0
    for i = 1, 8 do if texts[1][i] == texts[2][i] then same = same + 1 end end
    print(("%-5s parity with the CPU: largest relative difference of five losses %.1e (%s); %d of 8 texts the same"):format(
        architecture, largest, largest < 1e-3 and "equal" or "DIFFERENT", same))
    -- What a step takes: two trainings, of which the shorter is subtracted.
    for _, precision in ipairs { "fp32", "bf16" } do
        local few, more = is_small and 1 or 5, is_small and 9 or 35
        local batch = is_small and 4 or 32
        trained(architecture, device, precision, few, batch):close()       -- warm
        local s, first, short = trained(architecture, device, precision, few, batch)
        s:close()
        local t, second, long = trained(architecture, device, precision, more, batch)
        t:close()
        print(("%-5s training in %s, %d pairs of 512 → 64 tokens: %.0f tokens/s"):format(
            architecture, precision, batch, (second.tokens - first.tokens) / (long - short)))
    end
end
