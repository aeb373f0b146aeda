--- Conversations: Markdown files of the server, which the user writes in. Here are their keys, and what they need to be no
--- burden: they are saved as they grow, so that nothing asks to be saved and nothing is lost.

local client_of = require('stackspot_lsp.client')
local text = require('stackspot_lsp.text')

local M = {}

local PLACE = '/stackspot%-lsp/conversations/[^/]+%.md$'
local TURN = '^## .* <!%-%- (%a+) %S+ %-%->%s*$' -- as the server writes the heading of a turn

local MARKS = [[^<!-- stackspot-lsp .*-->$\| <!-- \%(question\|answer\) \S\+ -->$]]

function M.is_one(buffer)
  return vim.fs.normalize(vim.api.nvim_buf_get_name(buffer)):find(PLACE) ~= nil
end

--- The lines of the headings, from 1, and who speaks below them.
local function turns(buffer)
  local found = {}
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local speaker = line:match(TURN)
    if speaker then
      table.insert(found, { line = number, speaker = speaker })
    end
  end
  return found
end

--- Writes a conversation that has changed. It is no file that a formatter or a linter would be for.
function M.save(buffer)
  if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].modified then
    vim.api.nvim_buf_call(buffer, function()
      vim.cmd('silent! noautocmd keepalt write')
    end)
  end
end

--- Sends the question under the last heading.
function M.send(buffer)
  local client = client_of.of(buffer)
  if not M.is_one(buffer) then
    text.notify(text.say('no_conversation'), vim.log.levels.WARN)
  elseif not client then
    text.notify(text.say('no_server'), vim.log.levels.WARN)
  else
    M.save(buffer)
    vim.b[buffer].stackspot_sent = true
    local argument = { textDocument = { uri = vim.uri_from_bufnr(buffer) }, step = 'send' }
    client_of.execute(client, 'conversation', argument, buffer)
  end
end

--- Goes to the next turn, or back to the one before.
local function go(direction)
  local here = vim.fn.line('.')
  local all = turns(vim.api.nvim_get_current_buf())
  local aim
  for _, turn in ipairs(all) do
    if direction < 0 and turn.line < here then
      aim = turn.line
    elseif direction > 0 and turn.line > here then
      aim = aim or turn.line
    end
  end
  if aim then
    vim.cmd("normal! m'")
    vim.fn.cursor(aim, 1)
  end
end

local group = vim.api.nvim_create_augroup('stackspot_lsp.conversation', {})

--- Hides the comments by which the server knows the document and its turns; they are for no reader.
local function hide_marks(window)
  vim.api.nvim_win_call(window, function()
    vim.opt_local.linebreak = true
    vim.opt_local.conceallevel = 2
    vim.opt_local.concealcursor = 'nc'
    if not vim.w.stackspot_marks then
      vim.w.stackspot_marks = vim.fn.matchadd('Conceal', MARKS, 10, -1, { conceal = '' })
    end
  end)
end

--- What a conversation gets when the server attaches to it.
function M.attach(buffer)
  if not M.is_one(buffer) or vim.b[buffer].stackspot_conversation then
    return
  end
  vim.b[buffer].stackspot_conversation = true
  local function map(key, action, description)
    vim.keymap.set('n', key, action, { buffer = buffer, desc = 'StackSpot AI: ' .. description })
  end
  for _, key in ipairs({ '<CR>', '<C-s>' }) do
    map(key, function()
      M.send(buffer)
    end, 'send')
  end
  map(']]', function()
    go(1)
  end, 'next turn')
  map('[[', function()
    go(-1)
  end, 'turn before')
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    hide_marks(window)
  end
  vim.api.nvim_create_autocmd('BufWinEnter', {
    group = group,
    buffer = buffer,
    callback = function()
      hide_marks(vim.api.nvim_get_current_win())
    end,
  })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'TextChanged', 'BufLeave', 'VimLeavePre' }, {
    group = group,
    buffer = buffer,
    callback = function()
      M.save(buffer)
    end,
  })
end

-- An editor that is left by `:qa!` asks nobody; what is in conversations that are not in front is kept all the same.
vim.api.nvim_create_autocmd({ 'VimLeavePre' }, {
  group = group,
  callback = function()
    for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
      if vim.b[buffer].stackspot_conversation then
        M.save(buffer)
      end
    end
  end,
})

--- The conversations that an edit of the server is for.
local function edited(params)
  local buffers = {}
  for _, change in ipairs(vim.tbl_get(params or {}, 'edit', 'documentChanges') or {}) do
    local uri = vim.tbl_get(change, 'textDocument', 'uri')
    local buffer = uri and vim.uri_to_bufnr(uri)
    if buffer and M.is_one(buffer) then
      buffers[buffer] = vim.api.nvim_buf_line_count(buffer)
    end
  end
  for uri in pairs(vim.tbl_get(params or {}, 'edit', 'changes') or {}) do
    local buffer = vim.uri_to_bufnr(uri)
    if M.is_one(buffer) then
      buffers[buffer] = vim.api.nvim_buf_line_count(buffer)
    end
  end
  return buffers
end

--- After a question was sent its heading goes to the top, so that the answer is read from its beginning while it grows.
local function show_answer(buffer, window)
  local all = turns(buffer)
  for i = #all, 2, -1 do
    if all[i].speaker == 'answer' then
      local asked = all[i - 1].line
      vim.api.nvim_win_call(window, function()
        vim.fn.winrestview({ topline = asked })
      end)
      return
    end
  end
end

--- Makes an edit of the server; a reader in the last line goes along with what grows there, and nothing is left unsaved.
---@param params lsp.ApplyWorkspaceEditParams
function M.around(params, apply)
  local buffers = edited(params)
  local following = {}
  for buffer, last in pairs(buffers) do
    for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
      if not vim.b[buffer].stackspot_sent and vim.api.nvim_win_get_cursor(window)[1] == last then
        following[window] = buffer
      end
    end
  end
  local reply = apply()
  local inserts = vim.api.nvim_get_mode().mode:find('^[iR]') ~= nil
  for buffer in pairs(buffers) do
    if vim.b[buffer].stackspot_sent then
      vim.b[buffer].stackspot_sent = nil
      for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
        show_answer(buffer, window)
      end
    end
    M.save(buffer)
  end
  for window, buffer in pairs(following) do
    if not (inserts and window == vim.api.nvim_get_current_win()) then
      vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(buffer), 0 })
    end
  end
  return reply
end

--- The folder of conversations, as the server has it.
local function folder()
  local state = vim.env.XDG_STATE_HOME
  if not state or state == '' then
    state = vim.fn.has('win32') == 1 and vim.env.LOCALAPPDATA or vim.env.HOME .. '/.local/state'
  end
  return vim.fs.normalize(state .. '/stackspot-lsp/conversations')
end

--- What a conversation is about, and when it went on last.
local function described(path)
  local title = vim.fn.fnamemodify(path, ':t:r')
  for _, line in ipairs(vim.fn.readfile(path, '', 5)) do
    title = line:match('^# (.*)') or title
  end
  return ('%s  %s'):format(os.date('%Y-%m-%d %H:%M', vim.fn.getftime(path)), title)
end

--- The conversations to choose from, the latest first.
function M.choose()
  local paths = vim.fn.glob(folder() .. '/*.md', true, true)
  if #paths == 0 then
    text.notify(text.say('no_conversations'))
    return
  end
  table.sort(paths, function(a, b)
    local first, second = vim.fn.getftime(a), vim.fn.getftime(b)
    return first > second or first == second and a > b -- ids grow with time
  end)
  vim.ui.select(paths, { prompt = text.say('which_conversation'), format_item = described }, function(path)
    if path then
      local buffer = vim.fn.bufadd(path)
      vim.fn.bufload(buffer)
      local window = vim.fn.bufwinid(buffer)
      window = window ~= -1 and window or require('stackspot_lsp.answer').show_buffer(buffer)
      vim.bo[buffer].buflisted = true
      vim.api.nvim_set_current_win(window)
      vim.fn.cursor(vim.fn.line('$'), 1)
    end
  end)
end

return M
