--- What a user's configuration calls. The help file is `:help stackspot-lsp`.

local M = {}

--- Sets options; calling it is optional.
---@param options? { split?: 'auto'|'right'|'below', keys?: table<string, string> }
function M.setup(options)
  require('stackspot_lsp.options').set(options or {})
end

--- What the server is doing, for a statusline; empty when it does nothing.
---@return string
function M.status()
  return require('stackspot_lsp.progress').text()
end

--- Runs an action as `:StackSpot ACTION` does, on the cursor's place or on lines of the current buffer.
---@param action string
---@param options? { first?: integer, last?: integer, instruction?: string, review?: boolean }
function M.run(action, options)
  options = options or {}
  local has_lines = options.first ~= nil
  require('stackspot_lsp.commands').run_action(action, {
    range = has_lines and 2 or 0,
    line1 = options.first or vim.fn.line('.'),
    line2 = options.last or options.first or vim.fn.line('.'),
    words = options.instruction or '',
    bang = options.review or false,
    marks = {}, -- whole lines, whatever was selected before
  })
end

--- For an `expr` mapping: the action on what the motion after it goes over. `.` repeats it.
---@param action string
---@return string
function M.operator(action)
  M.operatorfunc = function(kind)
    local first, last = vim.api.nvim_buf_get_mark(0, '['), vim.api.nvim_buf_get_mark(0, ']')
    require('stackspot_lsp.commands').run_action(action, {
      range = 2, line1 = first[1], line2 = last[1], words = '', bang = false,
      marks = kind == 'char' and { first, last } or {},
    })
  end
  vim.o.operatorfunc = "v:lua.require'stackspot_lsp'.operatorfunc"
  return 'g@'
end

--- The code action menu with the actions of this server alone.
function M.menu()
  vim.lsp.buf.code_action({
    filter = function(action)
      local command = type(action.command) == 'table' and action.command.command or action.command
      return vim.startswith(command or '', 'stackspot-lsp.')
    end,
  })
end

return M
