-- What the plug-in does at start: it waits for the server to attach to a buffer, and offers `:StackSpot` and `<Plug>`
-- mappings. Nothing else is loaded until then, and no key is mapped unless `require('stackspot_lsp').setup()` is told which.

if vim.g.loaded_stackspot_lsp or vim.fn.has('nvim-0.10') == 0 then
  return
end
vim.g.loaded_stackspot_lsp = true

-- The server's own actions, each of which has a command. They are in this file, because no other one is read at the start.
vim.g.stackspot_lsp_actions = { 'explain', 'ask', 'refactor', 'fix', 'document', 'test', 'review', 'suggest', 'edit' }

-- Makes `:StackSpot` for a buffer of the server. The one without a buffer is for all others: it does what needs no text, and says
-- why the rest cannot be done.
local function make_command(buffer)
  local function run(command)
    require(buffer and 'stackspot_lsp.commands' or 'stackspot_lsp.unattached').run(command)
  end
  local options = {
    desc = 'StackSpot AI',
    nargs = '*',
    bang = true,
    range = true,
    complete = function(...)
      return require('stackspot_lsp.completion').complete(...)
    end,
  }
  if buffer then
    vim.api.nvim_buf_create_user_command(buffer, 'StackSpot', run, options)
  else
    vim.api.nvim_create_user_command('StackSpot', run, options)
  end
end

make_command()

-- A shortened name that two commands have completes nothing, so there is one at a time.
local is_there = true
local function keep_one()
  local has_own = vim.api.nvim_buf_get_commands(0, {}).StackSpot ~= nil
  if has_own and is_there then
    pcall(vim.api.nvim_del_user_command, 'StackSpot')
  elseif not has_own and not is_there then
    make_command()
  end
  is_there = not has_own
end

local function attach(client, buffer)
  require('stackspot_lsp.attach').attach(client, buffer, make_command)
  keep_one()
end

local group = vim.api.nvim_create_augroup('stackspot_lsp.plugin', {})

vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'stackspot_lsp' then
      attach(client, event.buf)
    end
  end,
})

-- A plug-in manager may load this after the server has attached. To ask would load Neovim's client.
if package.loaded['vim.lsp.client'] then
  for _, client in ipairs(vim.lsp.get_clients({ name = 'stackspot_lsp' })) do
    for buffer in pairs(client.attached_buffers) do
      attach(client, buffer)
    end
  end
end

vim.api.nvim_create_autocmd('LspDetach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'stackspot_lsp' then
      require('stackspot_lsp.attach').detach(client, event.buf)
      keep_one()
    end
  end,
})

vim.api.nvim_create_autocmd('BufEnter', { group = group, callback = keep_one })

-- A session (`:mksession`) keeps the window of an answer, and not what it said.
vim.api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'stackspot-answer://*',
  callback = function(event)
    require('stackspot_lsp.answer').of_earlier_session(event.buf)
  end,
})

vim.api.nvim_create_autocmd('LspProgress', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'stackspot_lsp' then
      require('stackspot_lsp.progress').update(event.data.client_id, event.data.params)
    end
  end,
})

-- The names behind `:StackSpot`.
local names = vim.list_extend({
  'actions', 'agent', 'answer', 'apply', 'cancel', 'chat', 'chats', 'context', 'discard', 'dismiss', 'doctor', 'followup', 'log',
  'login', 'next', 'prev', 'preview', 'prompt', 'retry', 'send', 'status',
}, vim.g.stackspot_lsp_actions)

-- In Visual mode the `:` brings the selection along.
for _, name in ipairs(names) do
  vim.keymap.set('n', ('<Plug>(stackspot-%s)'):format(name), ('<Cmd>StackSpot %s<CR>'):format(name))
  vim.keymap.set('x', ('<Plug>(stackspot-%s)'):format(name), (':StackSpot %s<CR>'):format(name), { silent = true })
end
vim.keymap.set({ 'n', 'x' }, '<Plug>(stackspot-menu)', function()
  require('stackspot_lsp').menu()
end)
