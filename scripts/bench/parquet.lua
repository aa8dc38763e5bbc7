-- Loads a Parquet file and reads every row.
local rows = data.load(arg[1])
local letters = 0
for _, row in ipairs(rows) do letters = letters + #row.article end
print(string.format("%d rows, %d bytes of articles", #rows, letters))
