-- Builds document/summary/section records from a Debian or Ubuntu archive's package lists.
--
--   lyceum run scripts/corpus.lua TRANSLATIONS PACKAGES OUTPUT
--
-- TRANSLATIONS: the archive's Translation-en lists, PACKAGES: its Packages lists, both unpacked and concatenated
-- (scripts/corpus makes them). A package's long description becomes the document, its synopsis the summary, its
-- archive section the section. `source` names the source package: records of one source describe siblings, so
-- split by it if near-copies must not stand on both sides.

local translations, packages, output = arg[1], arg[2], arg[3]
if not output then error("usage: lyceum run scripts/corpus.lua TRANSLATIONS PACKAGES OUTPUT", 0) end

-- Calls `each(fields)` for every paragraph of a control file; `wanted` maps field names to true.
local function paragraphs(path, wanted, each)
    local fields, last = {}, nil
    for line in io.lines(path) do
        if line == "" then
            if next(fields) then each(fields) end
            fields, last = {}, nil
        elseif line:sub(1, 1) == " " then
            if last then local t = fields[last]; t[#t + 1] = line end
        else
            local name, value = line:match("^([%w-]+):%s*(.*)$")
            last = wanted[name] and name or nil
            if last then fields[last] = { value } end
        end
    end
    if next(fields) then each(fields) end
end

-- The long description as running text: wrapped lines joined, paragraphs and list items on lines of their own.
local function running_text(lines)
    local out, current = {}, {}
    local function flush()
        if #current > 0 then out[#out + 1] = table.concat(current, " ") end
        current = {}
    end
    for i = 2, #lines do
        local text = lines[i]:sub(2)
        if text == "." then
            flush()
        elseif text:match("^%s+[%*%-+o·•]%s") or text:match("^[%*%-+•]%s") then
            flush()
            current[1] = text:match("^%s*(.-)%s*$")
        elseif text:match("%S") then
            current[#current + 1] = text:match("^%s*(.-)%s*$")
        end
    end
    flush()
    return table.concat(out, "\n")
end

local where = {}
paragraphs(packages, { Package = true, Section = true, Source = true }, function(fields)
    local name = fields.Package and fields.Package[1]
    if name and not where[name] then
        local section = fields.Section and fields.Section[1] or "unknown"
        local source = fields.Source and fields.Source[1]:match("^%S+") or name
        where[name] = { section = section:match("[^/]+$"), source = source }
    end
end)

local rows, seen = {}, {}
paragraphs(translations, { Package = true, ["Description-en"] = true }, function(fields)
    local name, description = fields.Package and fields.Package[1], fields["Description-en"]
    local place = name and where[name]
    if not (place and description) then return end
    local document, summary = running_text(description), description[1]
    local length = utf8.len(document)
    if not length or length < 200 or length >= 2048 or summary == "" or seen[document] then return end
    seen[document] = true
    rows[#rows + 1] = {
        package = name, source = place.source, section = place.section, document = document, summary = summary,
    }
end)
if #rows == 0 then error("no package description found in " .. translations, 0) end

data.from(rows):save(output)
print(#rows .. " records in " .. output)
