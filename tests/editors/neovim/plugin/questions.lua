-- Questions, and what goes on from an answer.

local t = require('harness')

local answer, text, grown = t.answer, t.answer_text, t.grown

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
    return (t.messages[1] or ''):find('no code in this window', 1, true)
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
