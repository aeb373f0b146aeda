--- Remarks of an agent at their lines. The server reports them as diagnostics, so that they look as the user has diagnostics.

local client_of = require('stackspot_lsp.client')
local text = require('stackspot_lsp.text')

local M = {}

--- Where the diagnostics of the server are, and no others.
local function namespace(client)
  return vim.lsp.diagnostic.get_namespace(client.id)
end

--- The remarks in a buffer, or on these lines of it (from 1, both included).
local function remarks(client, buffer, first, last)
  return vim.tbl_filter(function(it)
    return not first or it.lnum < last and first <= (it.end_lnum or it.lnum) + 1
  end, vim.diagnostic.get(buffer, { namespace = namespace(client) }))
end

--- Goes to the remark that comes so many after the cursor, round the end of the file, and shows it in full.
local function go(client, count)
  if #remarks(client, vim.api.nvim_get_current_buf()) == 0 then
    text.notify(text.say('no_remarks'))
    return
  end
  local own = namespace(client)
  if vim.diagnostic.jump then
    vim.diagnostic.jump({ count = count, namespace = own })
  else -- before 0.11
    vim.diagnostic[count > 0 and 'goto_next' or 'goto_prev']({ namespace = own, float = false })
  end
  -- Behind the cursor's move, which would close it. Where one is open already, it stays outside.
  vim.schedule(function()
    vim.diagnostic.open_float({ namespace = own, scope = 'line', focus = false })
  end)
end

function M.next(client)
  go(client, 1)
end

function M.previous(client)
  go(client, -1)
end

--- Takes the remarks on the lines of a command away; with a bang all of the buffer.
---@param command { line1: integer, line2: integer, bang: boolean }
function M.dismiss(client, buffer, command)
  local found = remarks(client, buffer, not command.bang and command.line1 or nil, command.line2)
  if #found == 0 then
    text.notify(text.say(command.bang and 'no_remarks' or 'no_remark_here'))
  elseif command.bang then
    client_of.execute(client, 'discard', { textDocument = { uri = vim.uri_from_bufnr(buffer) } }, buffer)
  else
    for _, remark in ipairs(found) do
      local data = vim.tbl_get(remark, 'user_data', 'lsp', 'data')
      client_of.execute(client, 'discard', { jobId = data.jobId, remark = data.remark }, buffer)
    end
  end
end

return M
