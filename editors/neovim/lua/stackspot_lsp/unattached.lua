--- `:StackSpot` in a buffer that no server is attached to: it waits for one that is starting, does what needs no text, and
--- says else why there is none.

local client_of = require('stackspot_lsp.client')
local commands = require('stackspot_lsp.commands')
local text = require('stackspot_lsp.text')

local M = {}

local PATIENCE = 5000 -- milliseconds
local WITHOUT_A_SERVER = { log = true, doctor = true, login = true, chats = true, send = true }
local WITHOUT_A_TEXT = {
  status = true, answer = true, preview = true, apply = true, discard = true, cancel = true, retry = true, followup = true,
  agent = true, context = true,
}

local function is_attached(buffer)
  local client = vim.lsp.get_clients({ name = client_of.NAME, bufnr = buffer })[1]
  return client ~= nil and client.initialized
end

--- The handler of `:StackSpot`.
function M.run(command)
  local buffer = vim.api.nvim_get_current_buf()
  -- Where Neovim does not know this filter of its own any more, nothing is waited for.
  if #vim.lsp.get_clients({ name = client_of.NAME, bufnr = buffer, _uninitialized = true }) > 0 then
    vim.wait(PATIENCE, function()
      return is_attached(buffer)
    end, 20)
  end
  local program = client_of.program()
  local name = (command.fargs[1] or ''):gsub('!$', '')
  if is_attached(buffer) or WITHOUT_A_SERVER[name] or WITHOUT_A_TEXT[name] and client_of.of(buffer) then
    commands.run(command)
  elseif client_of.of(buffer) then
    text.notify(text.say('not_this_buffer'), vim.log.levels.WARN)
  elseif vim.fn.executable(program) == 0 then
    text.notify(text.say('no_program', program), vim.log.levels.WARN)
  else
    text.notify(text.say('no_server'), vim.log.levels.WARN)
  end
end

return M
