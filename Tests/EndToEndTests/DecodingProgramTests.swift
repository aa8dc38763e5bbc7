import Foundation
import Testing

/// Texts of tiny checkpoints, through Lua: those that transformers writes, for every option.
@Suite struct DecodingProgramTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(
        "a script writes what transformers writes",
        arguments: ["T5Tests/Fixtures/relu", "T5Tests/Fixtures/flan", "BARTTests/Fixtures/tiny"])
    func parity(folder: String) throws {
        let program = try Program()
        defer { program.remove() }
        let result = try program.lua(
            """
            local folder = "\(Self.tests.appending(path: folder).path)"
            local file <close> = assert(io.open(folder .. "/decoding.json"))
            local expected = json.decode(file:read("a"))
            local loaded = student.load(folder)
            local count = 0
            for name, case in pairs(expected.cases) do
                if case.texts then
                    local options = { precision = "fp32", source_prefix = "", device = "cpu" }
                    for key, value in pairs(case.options) do options[key] = value end
                    for _, size in ipairs { 1, 3 } do
                        options.batch_size = size
                        local written, flat = loaded:generate(expected.inputs, options), {}
                        for _, texts in ipairs(written) do
                            if type(texts) == "table" then
                                for _, text in ipairs(texts) do flat[#flat + 1] = text end
                            else
                                flat[#flat + 1] = texts
                            end
                        end
                        for place, text in ipairs(case.texts) do
                            -- Of a text that ends in spaces, transformers' tokenizer of T5 keeps them; sentencepiece does not.
                            text = text:gsub(" +$", "")
                            if flat[place] ~= text then
                                print(("%s, batch_size %d, text %d: '%s' instead of '%s'"):format(name, size, place,
                                    tostring(flat[place]), text))
                            end
                        end
                        count = count + #case.texts
                    end
                end
            end
            print(count > 150 and "compared" or "only " .. count)
            """, "--no-lab -q")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "compared\n", "\(folder): \(result.output)")
    }

    @Test("every other option of generate can be passed") func options() throws {
        let program = try Program()
        defer { program.remove() }
        let result = try program.lua(
            """
            local loaded = student.load("\(Self.tests.appending(path: "T5Tests/Fixtures/relu").path)")
            local plain = { no_repeat_ngram_size = 0, num_beams = 1, max_new_tokens = 6 }
            local function write(more)
                local options = {}
                for key, value in pairs(plain) do options[key] = value end
                for key, value in pairs(more) do options[key] = value end
                return loaded:generate("a small library for the editor", options)
            end
            for _, precision in ipairs { "auto", "fp32", "bf16", "int8" } do
                local ok, text = pcall(write, { precision = precision })
                -- Not every processor has what int8 needs; it then says so.
                assert(ok and type(text) == "string" or precision == "int8" and tostring(text):find("AVX%-512"), text)
            end
            assert(not pcall(write, { precision = "int4" }))
            local drawn = { do_sample = true, temperature = 1.5, top_k = 30, top_p = 0.9, seed = 7 }
            assert(write(drawn) == write(drawn))
            assert(type(write { max_source_length = 4, source_prefix = "x ", batch_size = 2 }) == "string")
            print("done")
            """, "--no-lab -q")
        #expect(result.output == "done\n", "\(result.errors)")
    }

    @Test("a student is kept in eight bits") func eightBits() throws {
        let program = try Program()
        defer { program.remove() }
        let result = try program.lua(
            """
            local loaded = student.load("\(Self.tests.appending(path: "T5Tests/Fixtures/relu").path)")
            local texts = { "a small library for the editor", "tools to read and write files" }
            local options = { precision = "int8", max_new_tokens = 12, source_prefix = "" }
            local ok, expected = pcall(loaded.generate, loaded, texts, options)
            if not ok then
                -- Not every processor has what int8 needs; it then says so, and reads such a folder as float32.
                assert(tostring(expected):find("AVX%-512"), expected)
                print("done")
                return
            end
            loaded:save("small", { precision = "int8", template = "{{ text }}" })
            loaded:save("large", { precision = "fp32" })
            local function size(folder)
                local file <close> = assert(io.open(folder .. "/model.safetensors"))
                return file:seek("end")
            end
            assert(size("small") < 0.5 * size("large"), size("small") / size("large"))
            local small = student.load("small")
            options.precision = nil
            local written = small:generate(texts, options)
            for i, text in ipairs(expected) do assert(written[i] == text, written[i]) end
            options.num_beams = 3
            assert(type(small:generate(texts[1], options)) == "string")
            local pairs_ = data.from { { text = texts[1], target = texts[2] } }
            local trains, problem = pcall(small.train, small, pairs_, { input = "text", target = "target", max_steps = 1 })
            assert(not trains and tostring(problem):find("eight bits", 1, true), problem)
            for _, row in ipairs(small:weights()) do assert(row.norm == row.norm, row.name) end
            assert(small:loss(pairs_, { input = "text", target = "target" }) > 0)
            local bad, why = pcall(loaded.save, loaded, "odd", { precision = "int4" })
            assert(not bad and tostring(why):find("int4", 1, true), why)
            -- A damaged file is an error, not texts.
            local file <close> = assert(io.open("small/model.safetensors", "r+"))
            file:seek("set", 200)
            file:write("xxxxxxxxxxxx")
            file:close()
            local reads, damage = pcall(student.load, "small")
            assert(not reads and tostring(damage):find("model.safetensors", 1, true), damage)
            print("done")
            """, "--no-lab -q")
        #expect(result.output == "done\n", "\(result.errors)")
    }
}
