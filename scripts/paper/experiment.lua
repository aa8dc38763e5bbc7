-- What the paper's scripts share: arguments, steps that are done once, and tests corrected by Holm.
local experiment = {}

--- Reads `--name value` and `--flag`.
--
-- defaults: value by name; a boolean is a flag that takes no value.
function experiment.arguments(script, defaults, first)
    local options, names, i = {}, {}, first or 1
    for name, value in pairs(defaults) do
        options[name] = value
        names[#names + 1] = "--" .. name
    end
    table.sort(names)
    while arg[i] do
        local name = arg[i]:match("^%-%-([%w-]+)$")
        local default = name and defaults[name]
        if default == nil then
            error(script .. ": cannot understand '" .. arg[i] .. "'; the options are " .. table.concat(names, ", "), 0)
        end
        if type(default) == "boolean" then
            options[name] = true
            i = i + 1
        else
            if not arg[i + 1] then error(script .. ": --" .. name .. " takes a value", 0) end
            options[name] = arg[i + 1]
            i = i + 2
        end
    end
    return options
end

--- A whole number of at least `least`; "" is nil.
function experiment.whole(script, options, name, least)
    if options[name] == "" then return nil end
    local number = math.tointeger(tonumber(options[name]))
    if not number or number < (least or 0) then
        error(("%s: --%s takes a whole number from %d, got '%s'"):format(script, name, least or 0, options[name]), 0)
    end
    return number
end

--- A number of at least 0; "" is nil.
function experiment.number(script, options, name)
    if options[name] == "" then return nil end
    local number = tonumber(options[name])
    if not number or number < 0 then
        error(("%s: --%s takes a number, got '%s'"):format(script, name, options[name]), 0)
    end
    return number
end

--- The entries of `base`, and over them those of `more`.
function experiment.with(base, more)
    local all = {}
    for name, value in pairs(base) do all[name] = value end
    for name, value in pairs(more) do all[name] = value end
    return all
end

local function read(path)
    local file = io.open(path, "rb")
    if not file then return nil end
    local text = file:read("a")
    file:close()
    -- A kill leaves no half record, because each is written under another name first; another program's may be broken.
    local ok, value = pcall(json.decode, text)
    return ok and value or nil
end

local function write(path, value)
    local file = assert(io.open(path .. ".part", "wb"))
    assert(file:write(json.encode(value), "\n"))
    assert(file:close())
    assert(os.rename(path .. ".part", path))
end

--- How two tables of inputs differ, in words; "" if they do not.
function experiment.difference(before, now)
    local names, parts = {}, {}
    for name in pairs(before) do names[name] = true end
    for name in pairs(now) do names[name] = true end
    local sorted = {}
    for name in pairs(names) do sorted[#sorted + 1] = name end
    table.sort(sorted)
    for _, name in ipairs(sorted) do
        local a, b = json.encode(before[name] == nil and json.null or before[name]), json.encode(now[name] == nil and json.null or now[name])
        if a ~= b then parts[#parts + 1] = ("%s was %s, is %s"):format(name, a:sub(1, 60), b:sub(1, 60)) end
    end
    return table.concat(parts, "; ")
end

--- Does a step once: while its inputs are the same, later calls return what it returned.
--
-- folder: where records are kept. inputs: everything that shapes the result. work: gets a name that no other inputs
-- have, for folders of its own, and returns a table of plain values.
function experiment.step(folder, name, inputs, work)
    local path = folder .. "/" .. name .. ".json"
    local record = read(path)
    if record then
        local difference = experiment.difference(record.inputs, inputs)
        if difference ~= "" then
            print(("%s: %s; it is done again"):format(name, difference))
        elseif record.result then
            print(("%s: nothing has changed; taken from %s"):format(name, path))
            return record.result
        else
            print(("%s: goes on where it was interrupted"):format(name))
        end
    end
    write(path, { inputs = inputs })
    local key = data.from({ { inputs = json.encode(inputs) } }).fingerprint:sub(1, 12)
    local result = work(name .. "-" .. key)
    write(path, { inputs = inputs, result = result })
    return result
end

--- Whether a file or folder is there.
function experiment.exists(path)
    return os.rename(path, path) ~= nil
end

--- p values corrected by Holm's method, in the same order.
function experiment.holm(values)
    local order, corrected, most = {}, {}, 0
    for i = 1, #values do order[i] = i end
    table.sort(order, function(a, b) return values[a] < values[b] end)
    for rank, i in ipairs(order) do
        most = math.max(most, math.min(1, values[i] * (#values - rank + 1)))
        corrected[i] = most
    end
    return corrected
end

--- "32.17 [30.90, 33.41]"
function experiment.cell(measure, figure)
    local value, interval = measure[figure or "fmeasure"], (figure or "fmeasure") == "fmeasure" and measure.ci
    if not interval then return ("%5.2f"):format(value * 100) end
    return ("%5.2f [%5.2f, %5.2f]"):format(value * 100, interval[1] * 100, interval[2] * 100)
end

return experiment
