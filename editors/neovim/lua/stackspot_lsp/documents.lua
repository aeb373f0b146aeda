--- Documents that the server writes: conversations, what would be sent, answers from before the plug-in was there. They
--- open where answers do; by itself Neovim puts what takes the focus in the place of the code.

local answer = require('stackspot_lsp.answer')

local M = {}

--- Shows a document of the server; nil where it is none, or where no window can be opened.
---@param params lsp.ShowDocumentParams
---@return { success: boolean }?
function M.show(params)
  if not params.uri:find('/stackspot%-lsp/%a+/[^/]+%.md$') or vim.fn.getcmdwintype() ~= '' then
    return nil
  end
  local buffer = vim.uri_to_bufnr(params.uri)
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then
    window = answer.show_buffer(buffer)
  end
  vim.bo[buffer].buflisted = true
  if params.takeFocus then
    vim.api.nvim_set_current_win(window)
  end
  if params.selection then
    local line = math.min(params.selection.start.line + 1, vim.api.nvim_buf_line_count(buffer))
    vim.api.nvim_win_set_cursor(window, { line, 0 })
  end
  return { success = true }
end

return M
