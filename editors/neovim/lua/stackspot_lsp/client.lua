--- The running server, and how to ask it. Neovim 0.10 has functions where 0.11 has methods.

local M = {}

M.NAME = 'stackspot_lsp'

local has_methods = vim.fn.has('nvim-0.11') == 1

--- Calls a function of a client in either form.
function M.call(client, name, ...)
  if has_methods then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- The server attached to a buffer; else, for the plug-in's own buffers, any that runs.
---@return vim.lsp.Client?
function M.of(buffer)
  local function first(filter)
    for _, client in ipairs(vim.lsp.get_clients(filter)) do
      if client.initialized and not M.call(client, 'is_stopped') then
        return client
      end
    end
  end
  return first({ name = M.NAME, bufnr = buffer }) or first({ name = M.NAME })
end

--- Sends a request; the user's latest typing goes first. Returns whether it went out, and its id.
---@param on_reply fun(err: lsp.ResponseError?, result: any)
function M.request(client, method, params, buffer, on_reply)
  buffer = buffer and vim.api.nvim_buf_is_valid(buffer) and buffer or nil -- the code may be gone by now
  return M.call(client, 'request', method, params, function(err, result)
    on_reply(err, result)
  end, buffer)
end

--- Executes a command of the server. An error is shown, unless the caller takes it.
---@param on_reply? fun(result: any, err: lsp.ResponseError?)
function M.execute(client, command, argument, buffer, on_reply)
  local params = { command = 'stackspot-lsp.' .. command, arguments = { argument or vim.empty_dict() } }
  M.request(client, 'workspace/executeCommand', params, buffer, function(err, result)
    if on_reply then
      on_reply(result, err)
    elseif err then
      require('stackspot_lsp.text').notify_error(err)
    end
  end)
end

--- The same, waited for; nil where no answer came in time. For completion, where there is no other way.
function M.execute_sync(client, command, argument, buffer)
  local params = { command = 'stackspot-lsp.' .. command, arguments = { argument or vim.empty_dict() } }
  local reply = M.call(client, 'request_sync', 'workspace/executeCommand', params, 500, buffer)
  return reply and reply.result
end

--- What can be asked about a buffer: the rows of `stackspot-lsp.actions`.
function M.actions(client, buffer, on_list)
  local document = { textDocument = { uri = vim.uri_from_bufnr(buffer) } }
  M.execute(client, 'actions', document, buffer, function(list)
    on_list(list or {})
  end)
end

local PATIENCE = 500 -- milliseconds

--- What the server says of one action: its row, or nil if there is no such action. The server answers in a few milliseconds,
--- which are waited for. Where it takes longer, the editor goes on, and `on_row` is called then.
function M.action(client, id, buffer, on_row)
  local reply, is_late
  local function take()
    if reply.err then
      require('stackspot_lsp.text').notify_error(reply.err)
    else
      on_row(reply.list[1])
    end
  end
  M.execute(client, 'actions', { action = id }, buffer, function(list, err)
    reply = { list = list, err = err }
    if is_late then
      take()
    end
  end)
  is_late = not vim.wait(PATIENCE, function()
    return reply ~= nil
  end, 2)
  if not is_late then
    take()
  end
end

--- The program that the client runs.
---@return string
function M.program(client)
  local config = client and client.config or (vim.lsp.config and vim.lsp.config[M.NAME]) or {}
  local command = config.cmd or vim.g.stackspot_lsp_cmd
  return type(command) == 'table' and command[1] or 'stackspot-lsp'
end

--- The environment that the client's program runs in, beyond the editor's.
function M.environment(client)
  local config = client and client.config or (vim.lsp.config and vim.lsp.config[M.NAME]) or {}
  return config.cmd_env
end

return M
