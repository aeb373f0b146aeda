--- The window of an answer: a scratch Markdown buffer a job, which grows as the agent writes. The cursor stays where the
--- reader put it; in the last line it goes along with the answer.

local text = require('stackspot_lsp.text')

local M = {}

---@class stackspot.Answer
---@field buffer integer
---@field title string
---@field note string what is happening
---@field hint string which keys there are
---@field waiting string[] pieces that are not in the buffer yet
---@field size integer of the text, in bytes
---@field gathers boolean pieces are being gathered

local KEPT = 20
local answers = {} ---@type stackspot.Answer[] the newest last

local function forget_oldest()
  local hidden = {}
  for _, answer in ipairs(answers) do
    if vim.api.nvim_buf_is_valid(answer.buffer) and vim.fn.bufwinid(answer.buffer) == -1 then
      table.insert(hidden, answer)
    end
  end
  for i = 1, #hidden - KEPT do
    vim.api.nvim_buf_delete(hidden[i].buffer, { force = true })
  end
  answers = vim.tbl_filter(function(answer)
    return vim.api.nvim_buf_is_valid(answer.buffer)
  end, answers)
end

--- Makes the buffer. `on_cancel` is what <C-c> does there.
---@return stackspot.Answer
function M.create(number, question, on_cancel)
  forget_oldest()
  local buffer = vim.api.nvim_create_buf(false, true)
  local answer = {
    buffer = buffer, row = {}, title = 'StackSpot AI', note = text.say('writing'), hint = text.say('answer_keys'),
    waiting = {}, size = 0, gathers = false,
  }
  pcall(vim.api.nvim_buf_set_name, buffer, ('stackspot-answer://%d.md'):format(number))
  vim.bo[buffer].bufhidden = 'hide'
  vim.bo[buffer].undolevels = -1
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = 'markdown'
  local function map(key, action)
    vim.keymap.set('n', key, action, { buffer = buffer, nowait = true })
  end
  map('q', function()
    M.close(answer)
  end)
  map('<C-c>', on_cancel)
  map('<CR>', '<Cmd>StackSpot followup<CR>')
  map('gy', function()
    require('stackspot_lsp.code_block').copy()
  end)
  table.insert(answers, answer)
  if question then
    -- It may stand in the code of somebody else, as a comment that asks.
    M.append(answer, '> ' .. question:gsub('[\\`%[%]<!$]', '\\%0'):gsub('\n', '\n> ') .. '\n\n')
    M.flush(answer)
  end
  return answer
end

local function windows_of(answer)
  return vim.fn.win_findbuf(answer.buffer)
end

--- The window of this tab that shows an answer, whichever.
local function answer_window()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local shown = vim.api.nvim_win_get_buf(window)
    for _, answer in ipairs(answers) do
      if answer.buffer == shown then
        return window
      end
    end
  end
end

--- Shows a buffer in the answer window of this tab, which is opened where there is none: beside the code, where the user
--- wants it. The focus stays where it is.
function M.show_buffer(buffer)
  local window = answer_window()
  if window then
    vim.api.nvim_win_set_buf(window, buffer)
    return window
  end
  local split = require('stackspot_lsp.options').split
  local to_the_right = split == 'right' or split == 'auto' and vim.o.columns >= 140
  local size = to_the_right and { split = 'right', width = math.floor(vim.o.columns * 0.45) }
    or { split = 'below', height = math.max(6, math.floor(vim.o.lines * 0.4)) }
  return vim.api.nvim_open_win(buffer, false, vim.tbl_extend('error', { win = -1 }, size))
end

--- Puts what is happening over the window. Where there is little room the name of the
--- product goes first, then the keys, then the beginning of the title.
local function draw(answer)
  local function escaped(part)
    return (part:gsub('%%', '%%%%'):gsub('%c', ' '))
  end
  for _, window in ipairs(windows_of(answer)) do
    local function has_room(title)
      return vim.fn.strdisplaywidth(title .. answer.note .. answer.hint) + 4 <= vim.api.nvim_win_get_width(window)
    end
    local title = answer.title
    if not has_room(title) and answer.row.title then
      local own = answer.row.title:gsub(' %[sandbox%]$', '')
      title = vim.startswith(title, own) and answer.row.shortTitle .. title:sub(#own + 1) or title
    end
    local said = ('%%<%s  %s'):format(escaped(title), escaped(answer.note))
    vim.wo[window][0].winbar = has_room(title) and ('%s%%= %s'):format(said, escaped(answer.hint)) or said
  end
end

--- Makes a note of a buffer that a session brought back: what an answer said is with the server.
function M.of_earlier_session(buffer)
  vim.bo[buffer].buftype = 'nofile'
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].buflisted = false
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { text.say('answer_of_earlier') })
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
end

--- Shows an answer in the answer window.
function M.show(answer)
  if vim.fn.getcmdwintype() ~= '' then
    return -- no other window may be opened from there; `:StackSpot answer` does it later
  end
  local window = M.show_buffer(answer.buffer)
  local options = {
    wrap = true, linebreak = true, breakindent = true, number = false, relativenumber = false, signcolumn = 'no',
    foldcolumn = '0', foldenable = false, list = false, spell = false, conceallevel = 2, concealcursor = 'nc',
  }
  for name, value in pairs(options) do
    vim.wo[window][0][name] = value
  end
  draw(answer)
  return window
end

--- Shows an answer and goes to it.
function M.enter(answer)
  local window = M.show(answer)
  if window then
    vim.api.nvim_set_current_win(window)
  end
end

function M.describe(answer, changes)
  local is_new = false
  for name, value in pairs(changes) do
    is_new = is_new or answer[name] ~= value
    answer[name] = value
  end
  if is_new and vim.api.nvim_buf_is_valid(answer.buffer) then
    draw(answer)
  end
end

--- A parser of Markdown reads the whole text anew for each piece that comes. Longer texts than this are coloured by
--- Vim's own syntax, which looks at what is on the screen.
local PARSED_BYTES = 32 * 1024

--- How long pieces are gathered, in milliseconds: the eye does not see more, and the editor has other things to do.
local function interval(size)
  return size < PARSED_BYTES and 50 or 200
end

--- Puts what waits at the end.
function M.flush(answer)
  local buffer = answer.buffer
  local waiting = table.concat(answer.waiting)
  answer.waiting = {}
  if waiting == '' or not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  answer.size = answer.size + #waiting
  if answer.size > PARSED_BYTES and vim.treesitter.highlighter.active[buffer] then
    vim.treesitter.stop(buffer)
  end
  local last = vim.api.nvim_buf_line_count(buffer)
  -- At the start the last line is the first one: nobody went there to follow the answer.
  local following = vim.tbl_filter(function(window)
    return last > 1 and vim.api.nvim_win_get_cursor(window)[1] == last
  end, windows_of(answer))
  local begins = last == 1 and vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] == ''
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_text(buffer, last - 1, -1, last - 1, -1, vim.split(waiting, '\n', { plain = true }))
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
  -- What goes in behind an empty line takes a cursor in it along to its end.
  for _, window in ipairs(begins and windows_of(answer) or {}) do
    vim.api.nvim_win_set_cursor(window, { 1, 0 })
  end
  local now = vim.api.nvim_buf_line_count(buffer)
  for _, window in ipairs(now > last and following or {}) do
    vim.api.nvim_win_set_cursor(window, { now, 0 })
  end
end

--- Adds to the text: the first piece at once, later ones together with what comes within a moment.
function M.append(answer, delta)
  table.insert(answer.waiting, delta)
  if answer.gathers then
    return
  end
  answer.gathers = true
  M.flush(answer)
  vim.defer_fn(function()
    answer.gathers = false
    if #answer.waiting > 0 then
      M.append(answer, '')
    end
  end, interval(answer.size))
end

--- Closes the windows of an answer; its buffer stays, for `:StackSpot answer`.
function M.close(answer)
  for _, window in ipairs(windows_of(answer)) do
    -- The last window of the editor cannot be closed.
    if not pcall(vim.api.nvim_win_close, window, false) then
      vim.api.nvim_win_call(window, function()
        vim.cmd('silent! buffer #')
      end)
    end
  end
end

--- Whether the reader is in the window of an answer.
function M.is_current(answer)
  return vim.api.nvim_get_current_buf() == answer.buffer
end

return M
