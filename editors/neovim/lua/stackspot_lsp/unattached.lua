--- `:StackSpot` where no server is attached to any buffer: it waits for one that is starting, and says else why there is
--- none.

local client_of = require('stackspot_lsp.client')
local commands = require('stackspot_lsp.commands')
local text = require('stackspot_lsp.text')

local M = {}

local PATIENCE = 5000 -- milliseconds
local WITHOUT_A_SERVER = { log = true, doctor = true }

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
  if is_attached(buffer) or WITHOUT_A_SERVER[command.fargs[1]] then
    commands.run(command)
  elseif vim.fn.executable(program) == 0 then
    text.notify(text.say('no_program', program), vim.log.levels.WARN)
  else
    text.notify(text.say('no_server'), vim.log.levels.WARN)
  end
end

return M
