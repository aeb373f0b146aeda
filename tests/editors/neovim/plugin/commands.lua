-- :StackSpot, and what it says.

local t = require('harness')

local function said(what)
  t.await('the words "' .. what .. '"', function()
    return table.concat(t.messages, '\n'):find(what, 1, true)
  end, function()
    return t.messages
  end)
end

t.story('a charwise selection, whole lines, a count of lines and the cursor mean what they are', function()
  t.open('project/greeting.py')
  local region = require('stackspot_lsp.region')
  local function of(command)
    local found = region.of_command(0, command)
    return { found.start, found.finish }
  end
  t.keys('gg0/ação<CR>vee<Esc>') -- from "ação" to the end of the emoji with its colour
  local line = vim.fn.getline(1)
  local first = line:find('ação', 1, true) - 1
  local selection = { range = 2, line1 = 1, line2 = 1 }
  t.same(of(selection)[1], { 0, first }, 'the start of a charwise selection')
  local last = of(selection)[2][2]
  assert(last > first and vim.str_utf_start(line, last + 1) == 0, 'a selection ends within a character: ' .. last)
  t.keys('4GVj<Esc>')
  t.same(of({ range = 2, line1 = 4, line2 = 5 }), { { 3, 0 }, { 4, #vim.fn.getline(5) } }, 'whole lines')
  t.same(of({ range = 2, line1 = 1, line2 = 5 }), { { 0, 0 }, { 4, #vim.fn.getline(5) } }, 'other lines than the selection')
  t.same(of({ range = 2, line1 = 4, line2 = 5, marks = { { 4, 4 }, { 5, 3 } } }), { { 3, 4 }, { 4, 4 } }, 'places of its own')
  t.keys('4Gv5G$<Esc>')
  t.same(of({ range = 2, line1 = 4, line2 = 5, marks = {} }), { { 3, 0 }, { 4, #vim.fn.getline(5) } }, 'lines, though they were selected by characters')
  t.keys('4G<C-v>5Gl<Esc>')
  t.same(of({ range = 2, line1 = 4, line2 = 5 }), { { 3, 0 }, { 4, #vim.fn.getline(5) } }, 'a block')
  vim.fn.cursor(5, 3)
  t.same(of({ range = 0, line1 = 5, line2 = 5 }), { { 4, 2 }, { 4, 2 } }, 'the cursor')
end)

t.story('an edit is asked for in words, of the lines of the command', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  vim.ui.input = function(_, on_answer)
    on_answer('name the magic number')
  end
  t.follow(function()
    vim.cmd('7,9StackSpot edit')
  end)
  t.assert_commented(before, t.lines(), 7, 9)
  t.assert_one_undo(before)
  t.follow(function()
    vim.cmd('3,5StackSpot edit name it')
  end)
  t.assert_commented(before, t.lines(), 3, 5)
end)

t.story('an operator takes a motion, and a dot repeats it elsewhere', function()
  t.open('project/src/totals.rs')
  local before = t.lines()
  vim.cmd('luafile operator.lua')
  t.follow(function()
    t.keys('7G\\rip')
  end)
  t.assert_commented(before, t.lines(), 7, 9)
  t.assert_one_undo(before)
  t.follow(function()
    t.keys('3G.')
  end)
  t.assert_commented(before, t.lines(), 3, 5)
  t.assert_one_undo(before)
end)

t.story('an edit of the agent leaves what a dot repeats as it was', function()
  t.open('project/src/totals.rs')
  t.keys('ggA one<Esc>')
  t.follow(function()
    vim.cmd('7,9StackSpot refactor')
  end)
  t.keys('3G.')
  t.same(vim.fn.getline(3), 'pub fn total(prices: &[f64]) -> f64 { one', 'the line of the dot')
end)

t.story('the actions are a list to choose from, and prompt files belong to it', function()
  t.open('project/src/totals.rs')
  t.write_prompt_file('summary', { 'title: Summarise', 'kind: stackspot-lsp.summary', 'result: answer' }, 'Sum up:')
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    for i, title in ipairs(titles) do
      if title:find('Summarise', 1, true) then
        on_choice(items[i], i)
      end
    end
  end
  t.follow(function()
    vim.cmd('StackSpot')
  end)
  assert(table.concat(titles, '\n'):find('Refactor', 1, true), vim.inspect(titles))
  t.await('its answer in a split', function()
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      local buffer = vim.api.nvim_win_get_buf(window)
      if vim.api.nvim_buf_get_name(buffer):find('stackspot-answer://', 1, true) then
        return #table.concat(t.lines(buffer)) > 50
      end
    end
  end, function()
    return t.messages
  end)
end)

t.story('names complete, and a wrong one is told the right ones', function()
  t.open('project/src/totals.rs')
  t.same(vim.fn.getcompletion('StackSpot ex', 'cmdline'), { 'explain' }, 'completion of ex')
  t.same(vim.fn.getcompletion('StackSpot! ref', 'cmdline'), { 'refactor' }, 'completion after a bang')
  t.same(vim.fn.getcompletion('Stack ref', 'cmdline'), { 'refactor' }, 'completion after a shorter name of the command')
  local all = vim.fn.getcompletion("1,3StackSpot ", 'cmdline')
  for _, name in ipairs({ 'ask', 'suggest', 'next', 'prev', 'dismiss', 'followup', 'cancel', 'apply', 'discard', 'preview', 'answer', 'agent', 'status', 'log', 'doctor', 'actions' }) do
    assert(vim.list_contains(all, name), name .. ' is missing: ' .. vim.inspect(all))
  end
  t.messages = {}
  vim.cmd('StackSpot explian')
  said('There is no "explian"; there are: actions, agent')
  assert(t.messages[1]:find('explain', 1, true) and t.messages[1]:find('cancel', 1, true), t.messages[1])
end)

t.story('an agent is chosen from those of the account, and asked from then on', function()
  t.open('project/src/totals.rs')
  local names
  vim.ui.select = function(items, options, on_choice)
    names = vim.tbl_map(options.format_item, items)
    on_choice(items[1], 1)
  end
  t.messages = {}
  vim.cmd('StackSpot agent')
  t.await('the list of agents', function()
    return names
  end, function()
    return t.messages
  end)
  assert(#names > 1 and names[#names]:find('default', 1, true), vim.inspect(names))
  said('from now on')
  local id = names[1]:match('%S+$')
  t.await('the agent in the status', function()
    return t.execute('status').agent == id
  end)
  t.messages = {}
  vim.cmd('StackSpot status')
  said('Agent: ' .. id)
  assert(t.messages[1]:find('sandbox', 1, true), vim.inspect(t.messages))
end)

t.story('agents complete at the first try, also those with names of several words', function()
  t.open('project/src/totals.rs')
  local agents = vim.fn.getcompletion('StackSpot agent ', 'cmdline')
  assert(vim.list_contains(agents, 'Sandbox: quota'), vim.inspect(agents))
  t.same(vim.fn.getcompletion('StackSpot agent Sandbox: quo', 'cmdline'), { 'quota' }, 'the second word')
end)

t.story('a conversation document opens, by command and from the menu, and the plug-in leaves it to the server', function()
  local opened = {}
  for _, start in ipairs({
    function()
      vim.cmd('7,9StackSpot chat')
    end,
    function()
      t.choose('ask', t.SELECT_MEAN)
    end,
  }) do
    local source = t.open('project/src/totals.rs')
    t.messages = {}
    start()
    t.await('a document', function()
      local buffer = vim.api.nvim_get_current_buf()
      local is_new = (t.lines()[1] or ''):find('<!-- stackspot-lsp', 1, true) and not opened[buffer]
      opened[buffer] = is_new
      return is_new
    end, function()
      return t.messages
    end)
    assert(vim.fn.bufwinid(source) ~= -1, 'the code is not beside it')
    t.same(vim.fn.line('.'), vim.fn.line('$'), 'the line of the cursor, where the question goes')
    t.await('the comments of the server are hidden', function()
      local hides = vim.tbl_filter(function(match)
        return match.group == 'Conceal'
      end, vim.fn.getmatches())
      return vim.wo.conceallevel == 2 and #hides == 1 and vim.fn.search(hides[1].pattern, 'bnw') > 0
    end, vim.fn.getmatches)
    t.same({ vim.bo.filetype, t.messages }, { 'markdown', {} }, 'what it is, and messages')
  end
  t.settled()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local name = vim.api.nvim_buf_get_name(vim.api.nvim_win_get_buf(window))
    assert(not name:find('stackspot-answer://', 1, true), 'an empty answer beside it')
  end
end)

t.story('a question of a conversation is sent by a key, its answer is read from the beginning, and nothing asks to be saved', function()
  t.open('project/src/totals.rs')
  t.messages = {}
  vim.cmd('7,9StackSpot chat')
  t.await('the conversation', function()
    return vim.b.stackspot_conversation
  end, function()
    return { t.lines(), t.messages }
  end)
  local buffer = vim.api.nvim_get_current_buf()
  local path = vim.api.nvim_buf_get_name(buffer)
  local function turns()
    return vim.tbl_filter(function(line)
      return line:find('^## .* <!%-%- %a+ %S+ %-%->$')
    end, t.lines(buffer))
  end
  t.keys('GiIn which unit?<Esc>')
  t.same(vim.bo[buffer].modified, false, 'a question that is written asks to be saved')
  t.keys('<CR>')
  t.await('the heading of the next question', function()
    return #turns() == 3
  end, turns)
  t.settled()
  t.same(vim.fn.getline('.'), 'In which unit?', 'the line of the cursor')
  t.same(vim.fn.line('w0'), vim.fn.search('^## .*question', 'bnW'), 'the first line of the window is the heading of the question')
  t.same(vim.bo[buffer].modified, false, 'a conversation that grew asks to be saved')
  t.same(vim.fn.readfile(path), t.lines(buffer), 'the file is as the buffer')
  t.keys(']]')
  assert(vim.fn.getline('.'):find('answer', 1, true), 'the next turn: ' .. vim.fn.getline('.'))
  t.keys(']]')
  assert(vim.fn.line('.') > vim.fn.line('w0') and vim.fn.getline('.'):find('question', 1, true), 'the last turn')
  t.keys('[[[[')
  t.same(vim.fn.getline(vim.fn.line('.') + 1), 'In which unit?', 'two turns back')
  -- What is left over by `:qa!` while it is typed is written by the event that every end of the editor has.
  t.keys('GiAnd then?')
  -- Neovim 0.10 would stop its servers at it, so it is ours alone.
  vim.api.nvim_exec_autocmds('VimLeavePre', { group = 'stackspot_lsp.conversation' })
  t.same(vim.fn.readfile(path), t.lines(buffer), 'the file is as the buffer at the end')
  t.same(t.messages, {}, 'messages')
end)

t.story('the conversations so far are there to choose from, the latest first, also without a server in the buffer', function()
  t.open('project/src/totals.rs')
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    on_choice(items[1])
  end
  vim.cmd('enew')
  vim.cmd('StackSpot chats')
  t.await('a conversation', function()
    return vim.b.stackspot_conversation
  end, function()
    return { titles, t.messages }
  end)
  assert(titles[1]:find('^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d  .*totals%.rs'), titles[1])
  assert(table.concat(t.lines(), '\n'):find('And then?', 1, true), 'not the latest: ' .. table.concat(t.lines(), '\n'))
  t.messages = {}
  vim.cmd('enew')
  vim.cmd('StackSpot send')
  said('not a conversation')
end)

t.story('a notebook is JSON: what is asked and changed is that text, and no other file', function()
  local source = t.open('project/src/totals.rs')
  local before = t.lines()
  local cells = { '{', ' "cells": [', '  { "cell_type": "code", "source": ["total([1, 2])\\n"], "outputs": [], "metadata": {} }', ' ],', ' "metadata": {}, "nbformat": 4, "nbformat_minor": 5', '}' }
  vim.fn.writefile(cells, 'project/prices.ipynb')
  t.open('project/prices.ipynb')
  t.same(vim.bo.filetype, 'json', 'its type')
  t.messages = {}
  t.follow(function()
    vim.cmd('3StackSpot refactor')
  end)
  -- The sandbox's agent puts comments in, of which JSON has none.
  t.await('the end, with its name', function()
    return (t.messages[1] or ''):find('prices.ipynb', 1, true)
  end, function()
    return t.messages
  end)
  t.same({ t.lines(source), t.lines() }, { before, cells }, 'the other file, and the notebook')
  t.follow(function()
    vim.cmd('3StackSpot explain')
  end)
  vim.cmd('StackSpot answer')
  t.await('an answer about it', function()
    local winbar = vim.wo.winbar
    return winbar:find('prices.ipynb', 1, true) and table.concat(t.lines(), '\n'):find('1 line', 1, true)
  end, function()
    return { vim.wo.winbar, t.lines() }
  end)
  t.keys('q')
end)

t.story('what an action would send is shown, and nothing is sent', function()
  t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('7,9StackSpot explain')
  end)
  local used = t.execute('status').usage.requests
  vim.cmd('7,9StackSpot prompt refactor without a division')
  t.await('the prompt', function()
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      local shown = table.concat(t.lines(vim.api.nvim_win_get_buf(window)), '\n')
      if shown:find('without a division', 1, true) and shown:find('pub fn mean', 1, true) then
        return true
      end
    end
  end, function()
    return { t.messages, vim.tbl_map(vim.api.nvim_buf_get_name, vim.api.nvim_list_bufs()) }
  end)
  t.same(#vim.api.nvim_tabpage_list_wins(0), 2, 'windows: it is where the answer was')
  t.same(t.execute('status').usage.requests, used, 'requests to the agent')
  t.same(vim.fn.getcompletion('StackSpot prompt re', 'cmdline'), { 'refactor', 'review' }, 'completion')
end)

t.story('parts are added to the next question with their sizes, shown in the prompt, removed, and sent once', function()
  local function carried()
    return vim.tbl_map(function(part)
      return part.name
    end, t.execute('context').parts)
  end
  t.open('project/src/totals.rs')
  t.messages = {}
  vim.cmd('7,9StackSpot context add')
  said('totals.rs:7–9 (')
  vim.cmd('StackSpot context add project/report.py')
  said('report.py (')
  local prompt, titles
  local function choose(title)
    vim.ui.select = function(items, options, on_choice)
      prompt, titles = options.prompt, vim.tbl_map(options.format_item, items)
      for i, each in ipairs(titles) do
        if each:find(title, 1, true) then
          on_choice(items[i], i)
        end
      end
    end
  end
  choose('Add the file totals.rs')
  vim.cmd('StackSpot context')
  t.await('three parts', function()
    return #carried() == 3
  end, carried)
  assert(prompt:find('^Goes with the next question: 2, %d+ of 60000 characters$'), prompt)
  choose('report.py')
  vim.cmd('StackSpot context remove')
  t.await('the file taken off', function()
    return #carried() == 2
  end, carried)
  t.same(titles[#titles], 'Remove everything', 'the last entry')
  vim.cmd('7,9StackSpot prompt explain')
  t.await('the parts in the prompt', function()
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      local shown = table.concat(t.lines(vim.api.nvim_win_get_buf(window)), '\n')
      if shown:find('<context kind="lines" file="src/totals.rs"', 1, true) and shown:find('<context kind="file"', 1, true) then
        return true
      end
    end
  end)
  t.same(#carried(), 2, 'a look at the prompt takes nothing along')
  t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('7,9StackSpot explain')
  end)
  t.same(carried(), {}, 'what the question after that carries')
  t.messages = {}
  vim.cmd('StackSpot context list')
  said('Nothing was added to the next question.')
  vim.cmd('StackSpot context add no-such-file.py')
  said('no-such-file.py cannot be added')
  t.same(vim.fn.getcompletion('StackSpot context ', 'cmdline'), { 'add', 'clear', 'list', 'remove' }, 'completion')
  t.same(vim.fn.getcompletion('StackSpot context add project/rep', 'cmdline'), { 'project/report.py' }, 'completion of files')
end)

t.story('the log and the doctor open', function()
  t.open('project/src/totals.rs')
  vim.cmd('StackSpot log')
  assert(vim.api.nvim_buf_get_name(0):match('lsp%.log$'), vim.api.nvim_buf_get_name(0))
  t.open('project/src/totals.rs')
  vim.cmd('StackSpot doctor')
  local buffer = vim.api.nvim_get_current_buf()
  t.await('what the doctor says', function()
    return table.concat(t.lines(buffer), '\n'):find('credential', 1, true)
  end, function()
    return t.lines(buffer)
  end)
  t.keys('q')
end)

t.story("the statusline's helper tells what runs, and falls silent", function()
  t.open('project/src/totals.rs')
  vim.cmd('luafile progress.lua')
  local function statusline()
    return vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
  end
  t.same(require('stackspot_lsp').status(), '', 'the status before')
  t.follow(function()
    vim.cmd('%StackSpot explain')
    t.await('the action in the statusline', function()
      return statusline():find('Explain', 1, true)
    end, statusline)
  end)
  t.await('silence', function()
    return require('stackspot_lsp').status() == ''
  end, statusline)
end)

t.story('in a buffer without the server what needs no text is there, and the rest says why not', function()
  t.open('project/src/totals.rs')
  vim.cmd('enew')
  t.messages = {}
  vim.cmd('StackSpot explain')
  said('does not work in this buffer')
  for _, spelling in ipairs({ 'StackSpot! cancel', 'StackSpot cancel!' }) do
    t.messages = {}
    vim.cmd(spelling)
    said('doing nothing')
  end
  t.messages = {}
  vim.cmd('StackSpot status')
  said('Usage: ')
  t.open('project/src/totals.rs')
  t.same(vim.fn.getcompletion('Stack ref', 'cmdline'), { 'refactor' }, 'completion back in the code')
end)

t.story('an edit of a buffer without a name is not asked for', function()
  if vim.fn.has('nvim-0.11') == 0 then
    return -- the server is not even told of it there
  end
  vim.cmd('enew')
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'def f(x):', '    return x' })
  vim.bo.filetype = 'python'
  t.await('the server', function()
    return #vim.lsp.get_clients({ bufnr = 0, name = 'stackspot_lsp' }) > 0
  end)
  t.messages = {}
  vim.cmd('StackSpot refactor')
  said('has no name')
  t.same(t.lines(), { 'def f(x):', '    return x' }, 'the text')
  vim.cmd('bwipeout!')
end)
