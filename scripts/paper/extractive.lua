-- Summaries by choosing: trees learn which sentence of a text a person's summary is nearest to.
--
-- Each sentence is an example: its words, where it stands and how long it is; its label says whether it is the one with
-- the highest ROUGE-1 against the summary. The sentence that most probably is becomes the summary.
local function sentences(text)
    local list = {}
    for paragraph in (text .. "\n"):gmatch("(.-)\n") do
        for sentence in (paragraph:gsub("([.!?])%s+", "%1\0") .. "\0"):gmatch("(.-)\0") do
            if sentence:find("%w") then list[#list + 1] = sentence end
            if #list == 6 then return list end
        end
    end
    if #list == 0 then list[1] = text end
    return list
end

local function described(sentence, place, count)
    local words = select(2, sentence:gsub("%S+", ""))
    return ("place%d of%d words%d %s"):format(place, count, math.min(words // 4, 8), sentence)
end

return function(what, pairs_to_learn, test, out, seed, experiment)
    local settings = { task = "classify", ngram_range = { 1, 2 } }
    local training = { n_estimators = 60, seed = seed }
    local learn = pairs_to_learn:shuffle({ seed = seed }):take(4000)
    local trained = experiment.step(out .. "/steps", "train-gbdt-" .. what,
        { data = learn.fingerprint, settings = settings, options = training }, function(key)
            local candidates, summaries, owner = {}, {}, {}
            for i, row in ipairs(learn) do
                for place, sentence in ipairs(sentences(row.article)) do
                    candidates[#candidates + 1] = sentence
                    summaries[#summaries + 1] = row.highlights
                    owner[#owner + 1] = { i, place }
                end
            end
            local scores = metrics.rouge(candidates, summaries, { types = { "rouge1" }, stemmer = true, resamples = 1 }):rows():column("rouge1_fmeasure")
            local best, count = {}, {}
            for k, at in ipairs(owner) do
                local value = scores[k]
                count[at[1]] = (count[at[1]] or 0) + 1
                if not best[at[1]] or value > best[at[1]][1] then best[at[1]] = { value, k } end
            end
            local examples = {}
            for k, at in ipairs(owner) do
                examples[k] = { text = described(candidates[k], at[2], count[at[1]]), label = best[at[1]][2] == k and "yes" or "no" }
            end
            local s = student.new("gbdt", settings)
            local run = s:train(data.from(examples), {
                input = "text", target = "label", n_estimators = training.n_estimators, seed = seed, name = "GBDT (extractive) on " .. what,
            })
            s:save(out .. "/students/" .. key)
            return { folder = out .. "/students/" .. key, run = run.number, seconds = run.seconds }
        end)
    local s = student.load(trained.folder)
    local asked, of = {}, {}
    for i, row in ipairs(test) do
        local list = sentences(row.article)
        for place, sentence in ipairs(list) do
            asked[#asked + 1] = { text = described(sentence, place, #list), sentence = sentence }
            of[#of + 1] = i
        end
    end
    local start = metrics.clock()
    local answers = s:classify(data.from(asked), { input = "text" })
    local seconds = metrics.clock() - start
    local best, texts = {}, {}
    for k, row in ipairs(answers) do
        local yes = row.prediction == "yes" and row.probability or 1 - row.probability
        if not best[of[k]] or yes > best[of[k]] then best[of[k]], texts[of[k]] = yes, row.sentence end
    end
    return { name = "GBDT (extractive)", trained = what, run = trained.run, texts = texts, ms = seconds * 1000 / #test,
        seconds = trained.seconds }
end
