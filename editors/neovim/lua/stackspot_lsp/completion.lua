--- What completes behind `:StackSpot`.

local client_of = require('stackspot_lsp.client')
local commands = require('stackspot_lsp.commands')

local M = {}

local PATIENCE = 1500 -- milliseconds

--- Names of agents. Those of the account are fetched when first asked for.
local function agents(client, buffer)
  local list = {}
  vim.wait(PATIENCE, function()
    list = client_of.execute_sync(client, 'agents', nil, buffer) or {}
    return #list > 0
  end, 100)
  return vim.tbl_map(function(agent)
    return agent.name
  end, list)
end

--- Completes names, prompt files among them, and agents, whose names may be of several words.
---@param lead string the word at the cursor, as far as it
---@param line string
---@param cursor integer bytes before the cursor
function M.complete(lead, line, cursor)
  local buffer = vim.api.nvim_get_current_buf()
  local client = client_of.of(buffer)
  local words = line:sub(1, cursor):gsub('^.-Sta?c?k?S?p?o?t?!?%s*', '', 1)
  local name, rest = words:match('^(%S+)%s+(.*)$')
  local typed, found = rest or words, {}
  if not name or name == 'prompt' then
    local document = { textDocument = { uri = vim.uri_from_bufnr(commands.code_buffer(buffer)) } }
    local list = client and client_of.execute_sync(client, 'actions', document, buffer) or {}
    found = name and commands.actions(list) or commands.names(list)
  elseif name == 'context' then
    local path = typed:match('^add%s+(.*)$')
    found = path and vim.tbl_map(function(each)
      return typed:sub(1, #typed - #path) .. each
    end, vim.list_extend(vim.fn.getcompletion(path, 'file'), { 'problems', 'changes' })) or require('stackspot_lsp.context').verbs
  elseif name == 'agent' and client then
    found = agents(client, buffer)
  end
  local matching = vim.tbl_filter(function(each)
    return vim.startswith(each, typed)
  end, found)
  return vim.tbl_map(function(each)
    return each:sub(#typed - #lead + 1) -- Vim replaces the last word alone
  end, matching)
end

return M
