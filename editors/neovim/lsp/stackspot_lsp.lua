---@brief
---
--- [`stackspot-lsp`](https://ai.stackspot.com) puts StackSpot AI agents into the code action menu: explanations, reviews,
--- and edits of the selection that can be undone in one step. It runs beside your other language servers, in every file
--- type, also in a file that belongs to no project.
---
--- It needs the account's credential in its environment, or from `stackspot-lsp login`. To try it without one:
---
--- ```lua
--- vim.lsp.config('stackspot_lsp', { cmd = { 'stackspot-lsp', '--sandbox' } })
--- ```
---
--- This file works by itself, in `lsp/` of your configuration (`~/.config/nvim/lsp/stackspot_lsp.lua`), on Neovim 0.11 or
--- later.

local function add_workspace_folder(client, root)
  if client:is_stopped() then
    return
  elseif not client.initialized then
    -- A server drops notifications that come before its `initialize` reply.
    vim.defer_fn(function()
      add_workspace_folder(client, root)
    end, 20)
    return
  end
  for _, folder in ipairs(client.workspace_folders or {}) do
    if folder.name == root then
      return
    end
  end
  local folder = { uri = vim.uri_from_fname(root), name = root }
  client.workspace_folders = vim.list_extend(client.workspace_folders or {}, { folder })
  client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
end

-- Why an edit cannot go into a buffer. Neovim drops one that is older than its buffer, and says that it was made; told the
-- truth, the server sends one for the text as it is. A buffer without a name has the address of a folder, which is no text.
local function what_hinders(uri, version)
  local path = vim.uri_to_fname(uri)
  if path == '' or path:sub(-1) == '/' or vim.fn.isdirectory(path) == 1 then
    return 'the buffer has no name: `:file NAME` gives it one'
  end
  local buffer = vim.fn.bufnr('^' .. vim.fn.escape(path, '\\*?[]{},^$~') .. '$')
  local known = buffer > 0 and vim.lsp.util.buf_versions and vim.lsp.util.buf_versions[buffer]
  if type(version) == 'number' and version > 0 and known and known > version then
    return 'the text has changed since'
  end
end

-- An answer grows in its buffer by edits of the server, which writes the file itself once the buffer is gone; a conversation
-- is the user's, and is written here. What nobody but the server has changed does not ask to be saved.
local function apply_edit(error, params, context, config)
  local kept = {}
  for _, change in ipairs(params and params.edit and params.edit.documentChanges or {}) do
    local uri = change.textDocument and change.textDocument.uri
    local reason = uri and what_hinders(uri, change.textDocument.version)
    if reason then
      return { applied = false, failureReason = reason }
    end
    local place = uri and (uri:match('/stackspot%-lsp/(answers)/') or uri:match('/stackspot%-lsp/(conversations)/'))
    local buffer = place and vim.uri_to_bufnr(uri)
    if buffer and not vim.bo[buffer].modified then
      kept[buffer] = place
    end
  end
  -- Neovim says the label of an edit; where that is wider than the command line, it would ask for a key.
  local said = 'Workspace edit ' .. (params and params.label or '')
  if params and vim.fn.strdisplaywidth(said) > vim.v.echospace then
    params.label = nil
  end
  -- What the user types is one undo step, the edit is another, and what they type next a third.
  local breaks_undo = vim.api.nvim_get_mode().mode:find('^[iR]') ~= nil
  if breaks_undo then
    vim.o.undolevels = vim.o.undolevels
  end
  local reply = vim.lsp.handlers['workspace/applyEdit'](error, params, context, config)
  if breaks_undo then
    vim.o.undolevels = vim.o.undolevels
  end
  for buffer, place in pairs(kept) do
    if place == 'answers' then
      vim.bo[buffer].modified = false
    elseif vim.bo[buffer].modified then
      vim.api.nvim_buf_call(buffer, function()
        vim.cmd('silent! noautocmd keepalt write')
      end)
    end
  end
  return reply
end

---@type vim.lsp.Config
return {
  cmd = { 'stackspot-lsp' },
  -- An edit that comes while one types finds the text that the server knows.
  flags = { debounce_text_changes = 20 },
  handlers = { ['workspace/applyEdit'] = apply_edit },
  root_markers = { '.stackspot', '.git', '.hg', '.svn' },
  -- One server for the whole session: an answer, which Neovim opens as a file outside every project, then belongs to
  -- the server that wrote it. A further project becomes a further workspace folder of that server.
  reuse_client = function(client, config)
    if client.name ~= config.name or client:is_stopped() then
      return false
    end
    if config.root_dir then
      add_workspace_folder(client, config.root_dir)
    end
    return true
  end,
}
