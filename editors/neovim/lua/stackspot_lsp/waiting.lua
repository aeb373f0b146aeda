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

--- The same, and where nothing waits in the buffer, what waits in others; `is_elsewhere` tells that.
local function entries_or_others(client, buffer, kind, on_entries)
  entries(client, buffer, kind, function(found)
    if #found > 0 then
      on_entries(found, false)
      return
    end
    client_of.execute(client, 'status', nil, buffer, function(status)
      local others = {}
      for _, job in ipairs(status and status.jobs or {}) do
        if job.state == 'proposed' then
          local file = vim.fn.fnamemodify(vim.uri_to_fname(job.uri), ':~:.')
          table.insert(others, { title = ('%s  %s'):format(job.action, file), argument = { jobId = job.jobId } })
        end
      end
      on_entries(others, true)
    end)
  end)
end

--- Lets the user choose where there are several, or where `asks`; goes on with the only one else.
local function choose(found, asks, on_choice)
  if #found == 0 then
    text.notify(text.say('nothing_waits'))
  elseif #found == 1 and not asks then
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
  local function take(entry)
    client_of.execute(client, 'apply', entry.argument, buffer)
  end
  if not job_id then
    entries_or_others(client, buffer, 'apply', function(found, is_elsewhere)
      choose(found, is_elsewhere, take)
    end)
    return
  end
  entries(client, buffer, 'apply', function(found)
    found = vim.tbl_filter(function(entry)
      return entry.argument.jobId == job_id
    end, found)
    -- The document of the code may be closed, so that it has no menu.
    choose(#found > 0 and found or { { argument = { jobId = job_id } } }, false, take)
  end)
end

function M.discard(client, buffer)
  entries_or_others(client, buffer, 'discard', function(found, is_elsewhere)
    choose(found, is_elsewhere, function(entry)
      client_of.execute(client, 'discard', entry.argument, buffer)
    end)
  end)
end

function M.preview(client, buffer)
  entries_or_others(client, buffer, 'preview-edit', function(found)
    choose(found, false, function(entry)
      require('stackspot_lsp.preview').open(client, buffer, entry.argument.jobId)
    end)
  end)
end

return M
