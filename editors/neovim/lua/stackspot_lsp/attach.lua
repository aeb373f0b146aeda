--- What a buffer gets when the server attaches to it: its own `:StackSpot`, the keys that the user asked for, and menu entries
--- that run by the plug-in, so that their answers stream.

local client_of = require('stackspot_lsp.client')

local M = {}

local function map_keys(buffer)
  for name, key in pairs(require('stackspot_lsp.options').keys) do
    local plug = ('<Plug>(stackspot-%s)'):format(name)
    vim.keymap.set({ 'n', 'x' }, key, plug, { buffer = buffer, remap = true, desc = 'StackSpot AI: ' .. name })
  end
end

--- Entries of a code action menu come here instead of going to the server.
local function take_over_menu(client)
  client.commands['stackspot-lsp.run'] = function(command, context)
    local params = vim.deepcopy(command.arguments[1])
    require('stackspot_lsp.commands').run_entry(client, context.bufnr, params)
  end
  client.commands['stackspot-lsp.showEdit'] = function(command, context)
    require('stackspot_lsp.preview').open(client, context.bufnr, command.arguments[1].jobId)
  end
end

--- Partial results are for the plug-in alone; the progress of its jobs is for everybody. The server's own documents open
--- where answers do.
local function listen(client)
  local show = client.handlers['window/showDocument'] or vim.lsp.handlers['window/showDocument']
  client.handlers['window/showDocument'] = function(err, params, context, config)
    return params and require('stackspot_lsp.documents').show(params) or show(err, params, context, config)
  end
  local apply = client.handlers['workspace/applyEdit'] or vim.lsp.handlers['workspace/applyEdit']
  client.handlers['workspace/applyEdit'] = function(err, params, context, config)
    return require('stackspot_lsp.conversation').around(params, function()
      return apply(err, params, context, config)
    end)
  end
  local own = client.handlers['$/progress']
  client.handlers['$/progress'] = function(err, params, context, config)
    if params and require('stackspot_lsp.jobs').on_progress(params) then
      return vim.NIL
    end
    return (own or vim.lsp.handlers['$/progress'])(err, params, context, config)
  end
end

local known = {} -- clients by their ids

--- `make_command` makes `:StackSpot` for a buffer.
function M.attach(client, buffer, make_command)
  M.make_command = make_command
  if not known[client.id] then
    known[client.id] = true
    listen(client)
    take_over_menu(client)
  end
  make_command(buffer)
  map_keys(buffer)
  if vim.api.nvim_buf_get_name(buffer):find('/conversations/', 1, true) then
    require('stackspot_lsp.conversation').attach(buffer)
  end
end

--- Takes it away again; whether the server has gone with it.
---@return boolean
function M.detach(client, buffer)
  pcall(vim.api.nvim_buf_del_user_command, buffer, 'StackSpot')
  for _, key in pairs(require('stackspot_lsp.options').keys) do
    pcall(vim.keymap.del, { 'n', 'x' }, key, { buffer = buffer })
  end
  -- The last event of a server that ends is the detaching of its buffers.
  if client_of.call(client, 'is_stopped') and known[client.id] then
    known[client.id] = nil
    require('stackspot_lsp.progress').forget(client.id)
    require('stackspot_lsp.jobs').lost(client.id)
    return true
  end
  return false
end

return M
