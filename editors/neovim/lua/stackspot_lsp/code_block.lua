--- The code of an answer, between its fences.

local text = require('stackspot_lsp.text')

local M = {}

--- The fenced blocks of a Markdown text: their first and last lines, without the fences. One that is still being written
--- ends with the text.
---@return { first: integer, last: integer }[]
local function blocks(lines)
  local found = {}
  local open
  for i, line in ipairs(lines) do
    local fence = line:match('^%s*(```+)[^`]*$') or line:match('^%s*(~~~+)')
    local is_bare = line:match('^%s*[`~]+%s*$') ~= nil
    if not open and fence then
      open = { first = i + 1, fence = fence }
    elseif open and fence and is_bare and vim.startswith(fence, open.fence) then
      table.insert(found, { first = open.first, last = i - 1 })
      open = nil
    end
  end
  if open then
    table.insert(found, { first = open.first, last = #lines })
  end
  return found
end

--- Copies the block that the cursor is in, else the last one, into the register that was named.
function M.copy()
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local chosen
  for _, block in ipairs(blocks(lines)) do
    chosen = block
    if block.first - 1 <= row and row <= block.last + 1 then
      break
    end
  end
  local code = chosen and vim.list_slice(lines, chosen.first, chosen.last) or {}
  if #code == 0 then
    text.notify(text.say('no_code'), vim.log.levels.WARN)
    return
  end
  vim.fn.setreg(vim.v.register, code, 'V')
  text.notify(text.say('copied', #code, vim.v.register))
end

return M
