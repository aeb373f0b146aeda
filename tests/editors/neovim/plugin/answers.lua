-- Answers that stream into a split.

local t = require('harness')

-- The window and the buffer of the answer in this tab.
local function answer()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local buffer = vim.api.nvim_win_get_buf(window)
    if vim.startswith(vim.api.nvim_buf_get_name(buffer), 'stackspot-answer://') then
      return window, buffer
    end
  end
end

local function text(buffer)
  return table.concat(t.lines(buffer), '\n')
end

-- Waits until so much of the answer is there; returns its window and buffer.
local function grown(characters)
  t.await('an answer of ' .. characters .. ' characters', function()
    local _, buffer = answer()
    return buffer and #text(buffer) > characters
  end, function()
    return t.messages
  end)
  return answer()
end

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

t.story('a question is asked for, and the conversation goes on', function()
  t.open('project/src/totals.rs')
  local asked
  vim.ui.input = function(options, on_answer)
    asked = options.prompt
    on_answer('Is it fast?')
  end
  t.follow(function()
    vim.cmd('StackSpot ask')
  end)
  t.same(asked, 'Ask StackSpot AI: ', 'the prompt')
  local _, first = grown(60)
  t.same(t.lines(first)[1], '> Is it fast?', 'the question, over the answer')
  t.follow(function()
    vim.cmd('StackSpot followup And how is it called?')
  end)
  local _, second = grown(60)
  assert(second ~= first, 'a buffer for the second answer')
  t.same(t.lines(second)[1], '> And how is it called?', 'the second question')
  -- The sandbox's agent says what the turn before was about.
  t.await('the conversation remembered', function()
    return text(second):find('Is it fast?', 1, true)
  end, function()
    return text(second)
  end)
  -- From the window of an answer as well; what is about code alone is not there.
  vim.cmd('StackSpot answer')
  t.follow(function()
    vim.cmd('StackSpot followup And where?')
  end)
  t.same(vim.api.nvim_get_current_line(), '> And where?', 'the third question, where the second answer was')
  t.messages = {}
  vim.cmd('StackSpot explain')
  t.await('the word that this is no code', function()
    return (t.messages[1] or ''):find('no text to ask about', 1, true)
  end)
  t.follow(function()
    vim.cmd('StackSpot retry')
  end)
  t.same(vim.api.nvim_get_current_line(), '> And where?', 'the same question again')
  t.open('project/src/totals.rs')
  t.messages = {}
  vim.ui.input = function(_, on_answer)
    on_answer(nil) -- <Esc>
  end
  vim.cmd('StackSpot ask')
  vim.wait(200)
  t.same({ t.states(), t.messages }, { {}, {} }, 'after the question was left')
end)

t.story('what fails is said once, with what to do, and leaves no empty window', function()
  t.open('project/src/totals.rs')
  vim.cmd('StackSpot agent forbidden')
  t.messages = {}
  vim.cmd('StackSpot explain')
  t.await('the error', function()
    return #t.messages > 0 and not answer()
  end, function()
    return t.messages
  end)
  vim.wait(300)
  t.same(#t.messages, 1, 'messages: ' .. vim.inspect(t.messages))
  assert(vim.fn.strchars(t.messages[1]) <= 90, 'no line: ' .. t.messages[1])
  local log = table.concat(vim.fn.readfile(require('vim.lsp.log').get_filename()), '\n')
  assert(log:find('HTTP 403', 1, true), 'the whole is not in the log')
  vim.cmd('StackSpot agent truncated')
  t.messages = {}
  vim.cmd('StackSpot explain')
  local window, buffer = grown(30)
  t.await('the half of an answer, kept and marked', function()
    return text(buffer):find('The answer is incomplete', 1, true) and vim.wo[window].winbar:find('failed', 1, true)
  end, function()
    return { text(buffer), t.messages }
  end)
  vim.cmd('StackSpot agent 01STACKSP0TSANDB0XAGENT000')
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

t.story('the code of an answer is copied, and <CR> goes on with it', function()
  t.open('project/src/totals.rs')
  t.follow(function()
    vim.cmd('7,9StackSpot explain')
  end)
  vim.cmd('StackSpot answer')
  t.messages = {}
  t.keys('gy')
  t.same(t.messages, { 'There is no code in this answer.' }, 'messages')
  vim.bo.modifiable = true
  vim.api.nvim_buf_set_lines(0, 0, -1, false, {
    'First:', '```rust', 'let a = 1;', 'let b = 2;', '```', '', 'Or:', '~~~~', '```', 'c', '```', '~~~~', 'That is all.',
  })
  vim.bo.modifiable = false
  t.keys('ggjjgy')
  t.same(vim.fn.getreg('"'), 'let a = 1;\nlet b = 2;\n', 'the block around the cursor')
  t.keys('gg"agy')
  t.same(vim.fn.getreg('a'), '```\nc\n```\n', 'the last block, which has a fence within, in a register that was named')
  local prompt
  vim.ui.input = function(options, on_answer)
    prompt = options.prompt
    on_answer('And how is it called?')
  end
  t.follow(function()
    t.keys('<CR>')
  end)
  t.same(prompt, 'Follow up: ', 'the prompt')
  t.same(t.lines()[1], '> And how is it called?', 'the next answer')
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

t.story('to ask on about code that is gone is answered by what to do', function()
  vim.fn.writefile({ 'def gone():', '    return 1' }, 'project/gone.py')
  local source = t.open('project/gone.py')
  t.follow(function()
    vim.cmd('1,2StackSpot explain')
  end)
  vim.cmd('StackSpot answer')
  vim.cmd('bwipeout! ' .. source)
  t.messages = {}
  vim.cmd('StackSpot followup And where?')
  t.await('the word of it', function()
    return #t.messages > 0
  end)
  t.settled()
  assert(#t.messages == 1 and t.messages[1]:find('gone.py is not open in the editor. Open', 1, true), vim.inspect(t.messages))
end)

t.story('what looks like a secret is asked about, and without consent nothing is sent and no window stays', function()
  vim.fn.writefile({ 'def connect():', '    return open_session("AKIA" + "X", "ghp_' .. ('a1B2c3D4e5F6'):rep(3) .. '")' }, 'project/connect.py')
  t.open('project/connect.py')
  local used = t.execute('status').usage.requests
  local prompt, answers
  vim.ui.select = function(items, options, on_choice)
    prompt, answers = options.prompt, vim.tbl_map(options.format_item, items)
    on_choice(nil)
  end
  t.messages = {}
  vim.cmd('%StackSpot explain')
  t.await('the question', function()
    return prompt
  end, function()
    return t.messages
  end)
  t.same(answers, { 'Send', 'Cancel' }, 'answers')
  t.await('one word that it was not sent', function()
    return #t.messages == 1 and not answer()
  end, function()
    return t.messages
  end)
  t.same(t.execute('status').usage.requests, used, 'requests to the agent')
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
