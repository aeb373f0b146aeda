--- Edits that wait for the user's word, as the server's own menu has them.

local client_of = require('stackspot_lsp.client')
local text = require('stackspot_lsp.text')

local M = {}

--- The entries of one kind in the menu of a buffer: `{ title, argument }[]`.
local function entries(client, buffer, kind, on_entries)
  local start = { line = 0, character = 0 }
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = { start = start, ['end'] = start },
    context = { diagnostics = {}, only = { 'stackspot-lsp.' .. kind } },
  }
  client_of.request(client, 'textDocument/codeAction', params, buffer, function(_, actions)
    on_entries(vim.tbl_map(function(action)
      return { title = action.title, argument = action.command.arguments[1] }
    end, actions or {}))
  end)
end

--- Lets the user choose where there are several, and goes on with the only one else.
local function choose(found, on_choice)
  if #found == 0 then
    text.notify(text.say('nothing_waits'))
  elseif #found == 1 then
    on_choice(found[1])
  else
    local options = {
      prompt = text.say('which_edit'),
      format_item = function(entry)
        return entry.title
      end,
    }
    vim.ui.select(found, options, function(entry)
      if entry then
        on_choice(entry)
      end
    end)
  end
end

--- Applies a waiting edit; where somebody typed in its range the user says what becomes of that.
---@param job_id? string any of the buffer where none is named
function M.apply(client, buffer, job_id)
  entries(client, buffer, 'apply', function(found)
    if job_id then
      found = vim.tbl_filter(function(entry)
        return entry.argument.jobId == job_id
      end, found)
      -- The document of the code may be closed, so that it has no menu.
      found = #found > 0 and found or { { argument = { jobId = job_id } } }
    end
    choose(found, function(entry)
      client_of.execute(client, 'apply', entry.argument, buffer)
    end)
  end)
end

function M.discard(client, buffer)
  entries(client, buffer, 'discard', function(found)
    choose(found, function(entry)
      client_of.execute(client, 'discard', entry.argument, buffer)
    end)
  end)
end

function M.preview(client, buffer)
  entries(client, buffer, 'preview-edit', function(found)
    choose(found, function(entry)
      require('stackspot_lsp.preview').open(client, buffer, entry.argument.jobId)
    end)
  end)
end

return M
