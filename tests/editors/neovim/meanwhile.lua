-- What the user does while the agent answers.

local t = require('harness')

t.story('typing above while the agent answers: the edit lands where the code is now', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  t.run('refactor', t.SELECT_MEAN, function()
    t.keys('ggO// typed meanwhile<Esc>')
  end)
  local typed = vim.list_extend({ '// typed meanwhile' }, before)
  t.assert_commented(typed, t.lines(), 8, 10)
end)

t.story('typing inside while the agent answers: nothing is overwritten, and the answer waits', function()
  t.open('project/src/totals.rs')
  local typed = t.lines()
  table.insert(typed, 8, '    // mine')
  t.run('refactor', t.SELECT_MEAN, function()
    vim.fn.cursor(7, 1)
    t.keys('o// mine<Esc>==')
  end)
  t.same(t.states(), { 'proposed' }, 'jobs')
  typed[8] = t.lines()[8] -- its indentation is the editor's own affair
  assert(typed[8]:find('// mine', 1, true), 'the typed line: ' .. typed[8])
  t.same(t.lines(), typed, 'the text')
  local titles = t.menu(t.SELECT_MEAN)
  assert(titles[1]:find('Apply', 1, true), 'no Apply first: ' .. vim.inspect(titles))
  t.choose('discard', t.SELECT_MEAN)
  t.await_no_jobs()
  t.same(t.lines(), typed, 'the text after Discard')
  titles = t.menu(t.SELECT_MEAN)
  assert(not titles[1]:find('Apply', 1, true), 'still a proposal: ' .. vim.inspect(titles))
end)

t.story('an edit is announced only if its words have room, because Neovim would ask for a key', function()
  local handle = vim.lsp.handlers['workspace/applyEdit']
  local labels, columns = {}, vim.o.columns
  vim.lsp.handlers['workspace/applyEdit'] = function(err, params, ...)
    table.insert(labels, params.label or 'none')
    return handle(err, params, ...)
  end
  for _, width in ipairs({ 100, 30 }) do
    t.open('project/src/totals.rs')
    vim.o.columns = width
    t.run('refactor', t.SELECT_MEAN)
  end
  vim.o.columns = columns
  vim.lsp.handlers['workspace/applyEdit'] = handle
  assert(labels[1]:find('Refactor', 1, true), vim.inspect(labels))
  t.same({ #labels, labels[2] }, { 2, 'none' }, 'the label in a narrow window')
end)

t.story('Cancel stops the agent and changes nothing', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  t.run('refactor', 'ggVG', function()
    local title = t.choose('cancel')
    assert(title:find('Cancel', 1, true), 'title: ' .. title)
  end)
  t.same(t.progress[#t.progress].text, 'cancelled', 'how the progress ended')
  t.same(t.states(), {}, 'jobs')
  t.same(t.lines(), before, 'the text')
end)

t.story('a waiting answer is applied when the user says so', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  t.run('refactor', t.SELECT_MEAN, function()
    vim.fn.cursor(7, 1)
    t.keys('o// mine<Esc>')
  end)
  vim.cmd('silent undo')
  t.same(t.lines(), before, 'the text after undo of the typing')
  vim.cmd('let &undolevels = &undolevels')
  t.choose('apply', t.SELECT_MEAN)
  t.await('the edit', function()
    return #t.lines() > #before
  end, function()
    return t.messages
  end)
  t.assert_commented(before, t.lines(), 7, 9)
  t.settled() -- an undo that the server sees together with the edit would hide that it was applied
  t.assert_one_undo(before)
end)

t.story('closing the file while the agent answers loses nothing', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  t.run('refactor', t.SELECT_MEAN, function()
    vim.cmd('bdelete!')
    vim.cmd('edit! alone/notes.lua') -- a buffer from which the server can be asked how the job is
  end)
  t.open('project/src/totals.rs')
  t.same(t.lines(), before, 'the text')
  t.choose('apply', t.SELECT_MEAN)
  t.await('the edit', function()
    return #t.lines() > #before
  end, function()
    return t.messages
  end)
  t.assert_commented(before, t.lines(), 7, 9)
  t.await_no_jobs()
end)

t.story('two answers at once, in two files', function()
  local first = t.open('project/src/totals.rs')
  local first_before = t.lines()
  local second, second_before
  t.run('refactor', t.SELECT_MEAN, function()
    vim.cmd('edit! project/report.py')
    second = vim.api.nvim_get_current_buf()
    second_before = t.lines()
    t.await_attached(second)
    t.choose('refactor', '/def total<CR>Vj')
  end)
  t.await('both edits', function()
    return second and #t.lines(first) > #first_before and #t.lines(second) > #second_before
  end)
  t.assert_commented(first_before, t.lines(first), 7, 9)
  t.assert_commented(second_before, t.lines(second), 4, 5)
  t.await('the end of both', function()
    local at_work = 0
    for _, value in ipairs(t.progress) do
      at_work = at_work + (value.kind == 'begin' and 1 or value.kind == 'end' and -1 or 0)
    end
    return at_work == 0
  end)
  t.settled()
end)

t.story('an edit that comes while one types goes in, where the code is by then', function()
  t.open('project/src/totals.rs')
  local before, buffer, typed = t.lines(), vim.api.nvim_get_current_buf(), 0
  local keys = t.uv.new_timer()
  t.run('refactor', t.SELECT_MEAN, function()
    vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { '// ' })
    keys:start(0, 80, vim.schedule_wrap(function()
      vim.api.nvim_buf_set_text(buffer, 0, 3 + typed, 0, 3 + typed, { 'x' })
      typed = typed + 1
    end))
  end)
  keys:stop()
  keys:close()
  assert(typed > 5, 'nobody typed: ' .. typed)
  t.same(t.states(), {}, 'jobs')
  t.assert_commented(vim.list_extend({ '// ' .. ('x'):rep(typed) }, before), t.lines(), 8, 10)
end)
