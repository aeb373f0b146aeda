-- The code action menu, without the plug-in: answers, edits, and what a selection is.

local t = require('harness')

t.story('one server serves a project and a file that belongs to none', function()
  t.open('project/src/totals.rs')
  local id = t.server().id
  t.open('project/report.py')
  t.open('alone/notes.lua')
  t.same(t.server().id, id, 'the server of the lone file')
  t.same(#t.servers(), 1, 'servers')
  if t.has('0.11') then -- older versions speak UTF-16 alone
    t.same(t.server().offset_encoding, 'utf-8', 'position encoding')
  end
end)

t.story('Explain shows an answer and leaves the source alone', function()
  local source = t.open('project/src/totals.rs')
  local before = t.lines()
  t.progress_events = 0
  local title = t.run('explain', t.SELECT_MEAN)
  assert(title:find('Explain', 1, true), 'title: ' .. title)
  if t.has('0.8') then -- older versions show no documents
    local answer
    t.await('the answer in a window', function()
      for _, window in ipairs(vim.api.nvim_list_wins()) do
        local buffer = vim.api.nvim_win_get_buf(window)
        if vim.api.nvim_buf_get_name(buffer):match('%.md$') then
          answer = buffer
          return table.concat(t.lines(buffer), '\n'):lower():find('sandbox', 1, true)
        end
      end
    end, function()
      return vim.tbl_map(vim.api.nvim_buf_get_name, vim.api.nvim_list_bufs())
    end)
    assert(not vim.bo[answer].modified, 'the answer asks to be saved')
    t.await('attaching the answer to the server that wrote it', function()
      return vim.lsp.buf_is_attached(answer, t.server().id)
    end)
    assert(vim.fn.bufwinid(source) ~= -1, 'the source is hidden')
  else
    t.await('the answer as a message', function()
      return #t.messages > 0 and table.concat(t.messages, '\n'):lower():find('sandbox', 1, true)
    end, function()
      return t.messages
    end)
  end
  t.same(t.lines(source), before, 'the source')
  assert(not vim.bo[source].modified, 'the source is marked as changed')
  if t.has('0.10') then
    assert(t.progress_events > 1, 'no LspProgress events')
  end
end)

if t.has('0.8') then
  t.story('Ask opens a conversation, with the cursor where the question goes', function()
    t.open('project/src/totals.rs')
    t.messages = {}
    t.choose('ask', t.SELECT_MEAN)
    t.await('the conversation', function()
      return vim.fn.getline(1):find('<!-- stackspot-lsp', 1, true)
    end, function()
      return { t.lines(), t.messages }
    end)
    t.settled()
    t.same(vim.fn.line('.'), vim.fn.line('$'), 'the line of the cursor')
    t.same(t.messages, {}, 'messages')
  end)
end

t.story('Refactor changes the selection, and one undo brings it back', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  t.run('refactor', t.SELECT_MEAN)
  t.assert_commented(before, t.lines(), 7, 9)
  t.assert_one_undo(before)
end)

t.story('Refactor on whole lines, of a Python file', function()
  t.open('project/report.py')
  local before = t.lines()
  t.run('refactor', '/def total<CR>Vj')
  t.assert_commented(before, t.lines(), 4, 5)
  t.assert_one_undo(before)
end)

t.story('a selection after emoji and accents, on the same line and above', function()
  t.open('project/greeting.py')
  local before = t.lines()
  t.run('refactor', '/def saudação<CR>v}k$')
  t.assert_commented(before, t.lines(), 4, 5)
  t.assert_one_undo(before)
  t.run('refactor', '/nome = <CR>v/^)<CR>') -- from the middle of a line that has astral characters before the selection
  t.assert_commented(before, t.lines(), 8, 10)
  t.assert_one_undo(before)
end)

t.story('CRLF line endings stay', function()
  t.open('project/windows.py')
  t.same(vim.bo.fileformat, 'dos', 'file format')
  local before = t.lines()
  t.run('refactor', '/def total<CR>Vj')
  t.assert_commented(before, t.lines(), 1, 2)
  vim.cmd('silent write')
  local bytes = io.open('project/windows.py', 'rb'):read('*a')
  assert(not bytes:gsub('\r\n', ''):find('[\r\n]'), 'mixed line endings: ' .. vim.inspect(bytes))
end)

t.story('without a selection, the function around the cursor', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  t.run('refactor', '/\\.len<CR>')
  t.assert_commented(before, t.lines(), 7, 9)
  t.assert_one_undo(before)
end)

t.story('an instruction in a comment becomes an action, and goes away with the edit', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  vim.fn.append(6, '// @stackspot name the magic number')
  local title = t.run('edit', '/@stackspot<CR>V/^}<CR>')
  assert(title:find('name the magic number', 1, true), 'title: ' .. title)
  assert(not table.concat(t.lines(), '\n'):find('@stackspot', 1, true), 'the instruction is still there')
  t.same(vim.list_slice(t.lines(), 1, 6), vim.list_slice(before, 1, 6), 'the lines above')
end)

t.story('saving after an edit writes what is on the screen', function()
  vim.fn.writefile(vim.fn.readfile('project/report.py'), 'project/saved.py') -- a file that no other story is about
  t.open('project/saved.py')
  local before = t.lines()
  t.run('refactor', '/def total<CR>Vj')
  vim.cmd('silent write')
  t.same(vim.fn.readfile('project/saved.py'), t.lines(), 'the file on disk')
  t.assert_commented(before, t.lines(), 4, 5)
end)
