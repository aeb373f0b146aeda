-- Answers that stream into a split.

local t = require('harness')

local answer, text, grown = t.answer, t.answer_text, t.grown

t.story('the three steps: a selection is explained in a split, while the cursor stays in the code', function()
  local source = t.open('project/src/totals.rs')
  local before, tick = t.lines(), vim.b.changedtick
  t.keys(t.SELECT_MEAN .. '<Esc>')
  local at = vim.api.nvim_win_get_cursor(0)
  local sizes = {}
  t.follow(function()
    vim.cmd("'<,'>StackSpot explain")
    local window, buffer = grown(0)
    t.same(vim.api.nvim_get_current_buf(), source, 'the buffer with the focus')
    assert(vim.wo[window].winbar:find('totals.rs', 1, true), 'winbar: ' .. vim.wo[window].winbar)
    vim.api.nvim_buf_attach(buffer, false, {
      on_lines = function()
        table.insert(sizes, vim.api.nvim_buf_line_count(buffer))
      end,
    })
  end)
  local window, buffer = answer()
  assert(#sizes > 5, 'the answer did not stream: ' .. #sizes .. ' changes')
  assert(text(buffer):find('3 lines', 1, true), text(buffer)) -- the sandbox says what it was given
  t.await('what it took, over the answer', function()
    return vim.wo[window].winbar:find('tokens', 1, true)
  end, function()
    return vim.wo[window].winbar
  end)
  t.same({ vim.bo[buffer].filetype, vim.bo[buffer].buftype, vim.bo[buffer].modified }, { 'markdown', 'nofile', false }, 'the buffer')
  t.same(vim.api.nvim_win_get_cursor(0), at, 'the cursor in the code')
  t.same({ t.lines(source), vim.b[source].changedtick }, { before, tick }, 'the code')
  t.same(#t.messages, 0, 'messages')
end)

-- The rows of the source that say that an agent works there, and what they say.
local function marks(buffer)
  local namespace = vim.api.nvim_get_namespaces()['stackspot_lsp.mark']
  return vim.tbl_map(function(mark)
    return { mark[2] + 1, mark[4].virt_text[1][1] }
  end, namespace and vim.api.nvim_buf_get_extmarks(buffer, namespace, 0, -1, { details = true }) or {})
end

t.story('a job shows where it works, also one of the menu, and goes with the text', function()
  local source = t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('7,9StackSpot explain')
    t.same(marks(source), { { 7, '  ⋯ explain · StackSpot' } }, 'marks')
    vim.api.nvim_buf_set_lines(source, 0, 0, false, { '// typed meanwhile' })
    t.same(marks(source), { { 8, '  ⋯ explain · StackSpot' } }, 'marks after typing above')
  end)
  t.await('the end of the mark', function()
    return #marks(source) == 0
  end)
  t.open('project/src/totals.rs')
  t.run('refactor', t.SELECT_MEAN, function()
    t.same(marks(source), { { 7, '  ⋯ refactor · StackSpot' } }, 'marks of an entry of the menu')
    vim.cmd('StackSpot cancel')
  end)
  t.await('the end of the mark of what was cancelled', function()
    return #marks(source) == 0
  end)
end)

t.story('a server that ends takes the mark of its job along', function()
  local source = t.open('project/src/totals.rs')
  vim.cmd('7,9StackSpot explain')
  grown(0)
  t.same(#marks(source), 1, 'marks')
  t.stop(t.server())
  t.await('the end of the mark', function()
    return #marks(source) == 0 and not t.server()
  end)
  vim.cmd('edit!')
  t.await_attached(source)
end)

t.story('the answer is what the agent said, to the letter', function()
  t.open('project/src/totals.rs')
  local client, reply = t.server(), nil
  local own, request = rawget(client, 'request'), client.request
  client.request = function(...)
    local arguments = { ... }
    for i, argument in ipairs(arguments) do
      if type(argument) == 'function' then
        arguments[i] = function(err, result, ...)
          reply = type(result) == 'table' and result.answer and result or reply
          return argument(err, result, ...)
        end
      end
    end
    return request(unpack(arguments))
  end
  t.follow(function()
    vim.cmd('StackSpot explain')
  end)
  client.request = own
  local _, buffer = answer()
  t.await('the answer in full', function()
    -- Lines that the answer names are links in what is shown.
    return reply and vim.trim(text(buffer)) == vim.trim(reply.answerMarkdown or reply.answer)
  end, function()
    return { reply, text(buffer) }
  end)
end)

t.story('an answer of the menu streams as well, and each has a buffer of its own in the same window', function()
  t.open('project/src/totals.rs')
  t.run('explain', t.SELECT_MEAN)
  local window, first = grown(100)
  t.run('explain', t.SELECT_MEAN)
  t.await('the second answer', function()
    local _, buffer = answer()
    return buffer ~= first and #text(buffer) > 100
  end)
  t.same(answer(), window, 'the window')
  t.same(#vim.api.nvim_tabpage_list_wins(0), 2, 'windows')
  assert(#text(first) > 100, 'the first answer is gone')
end)

t.story('the answer of a prompt file streams as well: from the menu, by its name, and asked again', function()
  t.open('project/src/totals.rs')
  t.write_prompt_file('summary', { 'title: Summarise', 'result: answer' }, 'Sum up:')
  local seen = {}
  for _, start in ipairs({
    function()
      t.choose('summary', t.SELECT_MEAN)
    end,
    function()
      vim.cmd('7,9StackSpot summary')
    end,
    function()
      vim.cmd('StackSpot retry')
    end,
  }) do
    local pieces = 0
    t.follow(function()
      start()
      local buffer = t.await('an answer of its own', function()
        local _, buffer = answer()
        return buffer and not seen[buffer] and buffer
      end, function()
        return t.messages
      end)
      seen[buffer] = true
      vim.api.nvim_buf_attach(buffer, false, {
        on_lines = function()
          pieces = pieces + 1
        end,
      })
    end)
    assert(pieces > 5, ('way %d: the answer came in %d pieces'):format(vim.tbl_count(seen), pieces))
  end
end)

t.story('suggestions are read while they come, as a review is, also from the menu', function()
  for _, start in ipairs({
    function()
      vim.cmd('%StackSpot review')
    end,
    function()
      vim.cmd('%StackSpot suggest')
    end,
    function()
      t.choose('suggest', 'ggVG')
    end,
  }) do
    t.open('project/src/totals.rs')
    t.follow(start, function()
      t.await('a window of the answer', answer)
      t.same(#t.states(), 1, 'jobs that run')
    end)
  end
end)

t.story('a prompt file is an edit, a file or an answer as its result says, whatever its kind', function()
  local source = t.open('project/src/totals.rs')
  local before = t.lines()
  t.write_prompt_file('swap', { 'title: Swap', 'kind: stackspot-lsp.swap', 'result: replace' }, 'Swap:')
  t.write_prompt_file('beside', { 'title: Beside', 'result: file' }, 'Write it beside:')
  t.write_prompt_file('told', { 'title: Told', 'kind: refactor.told', 'result: answer' }, 'Tell of:')
  t.follow(function()
    vim.cmd('7,9StackSpot swap')
  end, function()
    t.same(answer(), nil, 'the window of an answer while an edit comes')
  end)
  t.assert_commented(before, t.lines(source), 7, 9)
  t.assert_one_undo(before)
  vim.bo[source].modifiable = false
  t.messages = {}
  vim.cmd('7,9StackSpot swap')
  t.await('the word that nothing was asked', function()
    return (t.messages[1] or ''):find('nothing was asked', 1, true)
  end, function()
    return t.messages
  end)
  -- What goes into another file, or into none, is asked about here as well.
  t.follow(function()
    vim.cmd('7,9StackSpot told')
    grown(0)
  end)
  t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('7,9StackSpot beside')
  end, function()
    t.same(answer(), nil, 'the window of an answer while a file comes')
  end)
  vim.bo[source].modifiable = true
  t.same(t.lines(source), before, 'the code')
  t.await('the file, as a diff', function()
    return #vim.api.nvim_list_tabpages() == 2
  end, function()
    return { t.messages, t.states() }
  end)
  vim.cmd('tabclose')
  vim.cmd('StackSpot discard')
  t.await_no_jobs()
  vim.fn.delete('project/.stackspot', 'rf')
end)

t.story('the reader stays where they are, and in the last line goes along', function()
  t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('%StackSpot explain')
    local window, buffer = grown(60)
    t.same(vim.api.nvim_win_get_cursor(window)[1], 1, 'the line of a reader who did nothing')
    vim.cmd('StackSpot answer')
    t.same(vim.api.nvim_get_current_win(), window, 'the window with the focus')
    t.await('a second line', function()
      return vim.api.nvim_buf_line_count(buffer) > 2
    end)
    t.keys('G')
  end)
  local window, buffer = answer()
  t.same(vim.api.nvim_win_get_cursor(window)[1], vim.api.nvim_buf_line_count(buffer), 'the line of a reader who went to the end')
  t.keys('u') -- nothing to undo in an answer
  assert(#text(buffer) > 100, 'undo took the answer away')
  t.keys('q')
  t.same(answer(), nil, 'the window after q')
  vim.cmd('StackSpot answer')
  t.same(vim.api.nvim_get_current_buf(), buffer, 'the answer, shown again')
  t.keys('q')
end)

t.story('<C-c> stops the agent, and what came stays', function()
  t.open('project/src/totals.rs')
  vim.cmd('%StackSpot explain')
  local window, buffer = grown(30)
  vim.cmd('StackSpot answer')
  t.keys('<C-c>')
  t.await_no_jobs()
  assert(vim.wo[window].winbar:find('cancelled', 1, true), 'winbar: ' .. vim.wo[window].winbar)
  local size = #text(buffer)
  vim.wait(300)
  t.same(#text(buffer), size, 'the size of the answer a while later')
  t.keys('q')
end)

t.story(':StackSpot cancel stops what runs on the file', function()
  t.open('project/src/totals.rs')
  vim.cmd('%StackSpot explain')
  local window = grown(30)
  vim.cmd('StackSpot cancel')
  t.await('the word that it was cancelled', function()
    return vim.wo[window].winbar:find('cancelled', 1, true)
  end, function()
    return vim.wo[window].winbar
  end)
  t.same(t.states(), {}, 'jobs')
  t.messages = {}
  vim.cmd('StackSpot cancel')
  t.await('the word that there is nothing to cancel', function()
    return #t.messages > 0
  end)
end)

t.story('a megabyte in a thousand pieces is written in few steps, and parsed no more', function()
  t.open('project/src/totals.rs')
  local answers = require('stackspot_lsp.answer')
  local long = answers.create(1000000, nil, function() end)
  answers.show(long)
  local steps = 0
  vim.api.nvim_buf_attach(long.buffer, false, {
    on_lines = function()
      steps = steps + 1
    end,
  })
  local piece = ('Some **words** with `code`, é and 𝒳.\n'):rep(26)
  local started = t.uv.hrtime()
  for i = 1, 1000 do
    answers.append(long, piece)
    vim.wait(i % 10 == 0 and 1 or 0)
  end
  t.await('all of it', function()
    return #long.waiting == 0
  end)
  local intervals = (t.uv.hrtime() - started) / 1e6 / 50
  assert(steps <= intervals + 2, steps .. ' steps in ' .. intervals .. ' intervals')
  assert(text(long.buffer) == piece:rep(1000), 'the text is not what came')
  assert(not vim.treesitter.highlighter.active[long.buffer], 'a parser reads a megabyte')
  vim.api.nvim_buf_delete(long.buffer, { force = true })
end)

t.story('an answer whose window or buffer is closed while it comes is no trouble', function()
  t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('7,9StackSpot explain')
    grown(10)
    vim.cmd('StackSpot answer')
    vim.cmd('close')
  end)
  t.same({ answer(), t.messages }, { nil, {} }, 'the answer, and messages')
  vim.cmd('StackSpot answer')
  assert(#text(0) > 100, 'the answer is not in full: ' .. text(0))
  t.open('project/src/totals.rs')
  vim.v.errmsg = ''
  t.follow(function()
    vim.cmd('7,9StackSpot explain')
    local _, buffer = grown(10)
    vim.cmd('bwipeout! ' .. buffer)
  end)
  t.same({ answer(), t.messages, vim.v.errmsg }, { nil, {}, '' }, 'the answer, messages and errors')
end)

t.story('typing in the code while an answer streams is left alone', function()
  local source = t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('StackSpot explain')
    grown(10)
    t.keys('ggO// typed meanwhile<Esc>')
  end)
  grown(100)
  t.same(t.lines(source)[1], '// typed meanwhile', 'what was typed')
  vim.cmd('silent undo')
  assert(t.lines(source)[1]:find('Totals', 1, true), 'undo is of the code alone')
end)

t.story('what an agent wrote is text in its window: a plug-in that draws Markdown would fetch its pictures', function()
  t.open('project/src/totals.rs')
  -- The sandbox's agent says the question again.
  local hostile = '![x](https://evil.example/a.png) <img src=https://evil.example/b.png> [r](command:y)'
  t.follow(function()
    vim.cmd('StackSpot ask ' .. hostile)
  end)
  local _, buffer = answer()
  local said = text(buffer)
  local _, times = said:gsub('evil%.example/a%.png', '')
  assert(times >= 2, 'the question and the answer have it: ' .. said)
  for _, living in ipairs({ '[^\\]!%[x%]', '[^\\]<img' }) do
    assert(not said:find(living), living .. ' in ' .. said)
  end
  assert(said:find('[r]\\(command:y)', 1, true), said)
end)
