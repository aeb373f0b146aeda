--- Regions of a buffer: rows and byte columns from 0, the end not included. LSP counts in the encoding of the client.

local M = {}

---@class stackspot.Region
---@field start { [1]: integer, [2]: integer }
---@field finish { [1]: integer, [2]: integer }

local takes_encoding = vim.fn.has('nvim-0.11') == 1

--- A line; none of a buffer that is gone.
local function line_of(buffer, row)
  return vim.api.nvim_buf_is_valid(buffer) and vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ''
end

--- A byte column of a line as LSP counts it.
local function to_column(line, byte, encoding)
  byte = math.min(byte, #line)
  if encoding == 'utf-8' then
    return byte
  elseif takes_encoding then
    return vim.str_utfindex(line, encoding, byte, false)
  end
  local utf32, utf16 = vim.str_utfindex(line, byte)
  return encoding == 'utf-16' and utf16 or utf32
end

--- A column of LSP as a byte column of a line.
local function to_byte(line, column, encoding)
  if encoding == 'utf-8' then
    return math.min(column, #line)
  elseif takes_encoding then
    return vim.str_byteindex(line, encoding, column, false)
  end
  local ok, byte = pcall(vim.str_byteindex, line, column, encoding == 'utf-16')
  return ok and byte or #line
end

---@return lsp.Range
function M.to_lsp(buffer, region, encoding)
  local function position(place)
    return { line = place[1], character = to_column(line_of(buffer, place[1]), place[2], encoding) }
  end
  return { start = position(region.start), ['end'] = position(region.finish) }
end

---@return stackspot.Region
function M.from_lsp(buffer, range, encoding)
  local function place(position)
    return { position.line, to_byte(line_of(buffer, position.line), position.character, encoding) }
  end
  return { start = place(range.start), finish = place(range['end']) }
end

--- The first and the last place of a command that is about characters, as marks: those that it brings itself, else the
--- Visual selection where its lines are those of the command.
local function marks_of(buffer, command)
  if command.marks ~= nil then
    return unpack(command.marks)
  end
  local first, last = vim.api.nvim_buf_get_mark(buffer, '<'), vim.api.nvim_buf_get_mark(buffer, '>')
  local is_selection = command.range == 2 and first[1] == command.line1 and last[1] == command.line2
  if is_selection and vim.fn.visualmode() == 'v' then
    return first, last
  end
end

--- The region that a command was given: characters, else whole lines, else the cursor, which means the definition
--- around it.
---@param command { range: integer, line1: integer, line2: integer, marks?: [integer, integer][] } no marks: whole lines
---@return stackspot.Region
function M.of_command(buffer, command)
  if command.range == 0 then
    local row, byte = unpack(vim.api.nvim_win_get_cursor(0))
    return { start = { row - 1, byte }, finish = { row - 1, byte } }
  end
  local first, last = marks_of(buffer, command)
  if first then
    local line = line_of(buffer, last[1] - 1)
    -- The mark is on the first byte of the last character.
    local finish = last[2] >= #line and #line or last[2] + 1 + vim.str_utf_end(line, last[2] + 1)
    return { start = { first[1] - 1, first[2] }, finish = { last[1] - 1, finish } }
  end
  local last_row = command.line2 - 1
  return { start = { command.line1 - 1, 0 }, finish = { last_row, #line_of(buffer, last_row) } }
end

--- Every problem that any server or linter reports in the rows of a region, as LSP writes it. Neovim itself gives a
--- server only its own.
---@return lsp.Diagnostic[]
function M.diagnostics(buffer, region, encoding)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    local last = diagnostic.end_lnum or diagnostic.lnum
    if diagnostic.lnum <= region.finish[1] and last >= region.start[1] then
      -- What the other server said beyond the usual, such as related places.
      local original = vim.tbl_get(diagnostic, 'user_data', 'lsp') or {}
      table.insert(found, {
        range = M.to_lsp(buffer, {
          start = { diagnostic.lnum, diagnostic.col },
          finish = { last, diagnostic.end_col or diagnostic.col },
        }, encoding),
        severity = diagnostic.severity,
        message = diagnostic.message,
        source = diagnostic.source,
        code = diagnostic.code,
        tags = original.tags,
        relatedInformation = original.relatedInformation,
      })
    end
  end
  return found
end

local namespace = vim.api.nvim_create_namespace('stackspot_lsp.region')

--- Marks a region, so that it is found again after the text has changed around it.
function M.follow(buffer, region)
  local ok, mark = pcall(vim.api.nvim_buf_set_extmark, buffer, namespace, region.start[1], region.start[2], {
    end_row = region.finish[1],
    end_col = region.finish[2],
    right_gravity = false,
    end_right_gravity = true,
  })
  return ok and mark or nil
end

--- Where a followed region is now.
---@return stackspot.Region?
function M.now(buffer, mark)
  local found = mark and vim.api.nvim_buf_is_loaded(buffer)
    and vim.api.nvim_buf_get_extmark_by_id(buffer, namespace, mark, { details = true })
  if not found or not found[1] then
    return nil
  end
  return { start = { found[1], found[2] }, finish = { found[3].end_row, found[3].end_col } }
end

function M.forget(buffer, mark)
  if mark and vim.api.nvim_buf_is_valid(buffer) then
    pcall(vim.api.nvim_buf_del_extmark, buffer, namespace, mark)
  end
end

return M
