-- StackSpot AI in Neovim 0.7 to 0.10, where there is no `vim.lsp.enable`: put this file in `plugin/` of your
-- configuration (`~/.config/nvim/plugin/stackspot_lsp.lua`).
--
-- It runs beside your other language servers, in every file type, also in a file that belongs to no project. Set
-- `vim.g.stackspot_lsp_cmd` in `init.lua` to start the server with other flags.

-- One server for the whole session: an answer, which Neovim opens as a file outside every project, then belongs to the
-- server that wrote it. A further project becomes a further workspace folder of that server.
local client_id
local known_folders = {}

local function running_client()
  local client = client_id and vim.lsp.get_client_by_id(client_id)
  return client and not client.is_stopped() and client or nil
end

local function project_of(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  repeat
    for _, marker in ipairs({ '.stackspot', '.git', '.hg', '.svn' }) do
      if vim.loop.fs_stat(folder .. '/' .. marker) then
        return { uri = vim.uri_from_fname(folder), name = folder }
      end
    end
    local child = folder
    folder = vim.fn.fnamemodify(child, ':h')
  until folder == child
  return nil
end

local function add_workspace_folder(folder)
  local client = running_client()
  if not client or known_folders[folder.uri] then
    return
  elseif not client.initialized then
    -- A server drops notifications that come before its `initialize` reply.
    vim.defer_fn(function()
      add_workspace_folder(folder)
    end, 20)
    return
  end
  known_folders[folder.uri] = true
  client.notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
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

local function attach(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == '' or vim.bo[buffer].buftype ~= '' then
    return
  end
  local folder = project_of(file)
  if running_client() then
    if folder then
      add_workspace_folder(folder)
    end
  else
    known_folders = folder and { [folder.uri] = true } or {}
    client_id = vim.lsp.start_client({
      name = 'stackspot_lsp',
      cmd = vim.g.stackspot_lsp_cmd or { 'stackspot-lsp' },
      handlers = { ['workspace/applyEdit'] = apply_edit },
      -- An edit that comes while one types finds the text that the server knows.
      flags = { debounce_text_changes = 20 },
      root_dir = folder and folder.name,
      workspace_folders = folder and { folder },
    })
  end
  if client_id then
    vim.lsp.buf_attach_client(buffer, client_id)
  end
end

vim.api.nvim_create_autocmd('FileType', {
  group = vim.api.nvim_create_augroup('stackspot_lsp', {}),
  callback = function(event)
    attach(event.buf)
  end,
})
