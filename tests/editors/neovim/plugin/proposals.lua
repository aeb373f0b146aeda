-- Edits that wait, as a diff in a tab.

local t = require('harness')

-- The buffers of the diff in this tab: what is, and what would be.
local function diff()
  local shown = {}
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if vim.wo[window].diff then
      table.insert(shown, vim.api.nvim_win_get_buf(window))
    end
  end
  return shown
end

local function await_diff()
  return t.await('a diff of two texts', function()
    local shown = diff()
    return #shown == 2 and shown
  end, function()
    return t.messages
  end)
end

local function mean()
  local source = t.open('project/src/totals.rs')
  t.keys(t.SELECT_MEAN .. '<Esc>')
  return source, t.lines(source)
end

t.story('an edit that is to be reviewed opens as a diff, and `a` applies it in one step to undo', function()
  local source, before = mean()
  t.follow(function()
    vim.cmd("'<,'>StackSpot! refactor")
  end)
  local shown = await_diff()
  t.same(shown[1], source, 'the left side')
  t.same(t.lines(shown[1]), before, 'nothing is changed by looking')
  t.assert_commented(before, t.lines(shown[2]), 7, 9)
  t.same(#vim.api.nvim_list_tabpages(), 2, 'tabs')
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  vim.cmd('let &undolevels = &undolevels')
  t.keys('a')
  t.await('the edit', function()
    return #t.lines(source) > #before
  end, function()
    return t.messages
  end)
  t.same(#vim.api.nvim_list_tabpages(), 1, 'tabs after it was applied')
  assert(not vim.wo.diff, 'the window of the code is still a diff')
  t.assert_commented(before, t.lines(source), 7, 9)
  t.settled()
  t.same(t.states(), {}, 'jobs')
  t.assert_one_undo(before)
end)

t.story('`q` lets an edit wait, what is typed shows in the diff, and `x` discards it', function()
  local source, before = mean()
  t.follow(function()
    vim.cmd("'<,'>StackSpot! refactor")
  end)
  local shown = await_diff()
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('q')
  t.same(#vim.api.nvim_list_tabpages(), 1, 'tabs after q')
  t.same(t.states(), { 'proposed' }, 'jobs')
  vim.cmd('StackSpot preview')
  shown = await_diff()
  vim.cmd('tabonly')
  t.keys('q')
  t.same({ #vim.api.nvim_tabpage_list_wins(0), vim.wo.diff, vim.api.nvim_get_current_buf() }, { 1, false, source }, 'after q in the only tab')
  vim.cmd('StackSpot preview')
  shown = await_diff()
  vim.api.nvim_set_current_win(vim.fn.bufwinid(source))
  t.keys('ggO// typed<Esc>')
  vim.api.nvim_exec_autocmds('TextChanged', { buffer = source }) -- a script waits for no keys, so Vim does not tell
  t.await('what was typed, on the right', function()
    return t.lines(shown[2])[1] == '// typed'
  end)
  t.assert_commented(vim.list_extend({ '// typed' }, before), t.lines(shown[2]), 8, 10)
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('x')
  t.await_no_jobs()
  t.same(t.lines(source), vim.list_extend({ '// typed' }, before), 'the code')
end)

t.story('typing inside while the agent answers: no tab opens, and the menu shows the diff', function()
  local source, before = mean()
  t.run('refactor', t.SELECT_MEAN, function()
    vim.fn.cursor(7, 1)
    t.keys('o// mine<Esc>')
  end)
  t.same(#vim.api.nvim_list_tabpages(), 1, 'tabs')
  t.await('the word that it waits, and how to see it', function()
    return table.concat(t.messages, '\n'):find(':StackSpot preview', 1, true)
  end, function()
    return t.messages
  end)
  t.choose('showEdit')
  local shown = await_diff()
  t.assert_commented(before, t.lines(shown[2]), 7, 9) -- in place of what was typed
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('q')
  -- With typing in its range there are two ways, and the user is asked.
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    for i, title in ipairs(titles) do
      if title:find('merged', 1, true) then
        on_choice(items[i], i)
      end
    end
  end
  vim.cmd('StackSpot apply')
  t.await('both, made one', function()
    local now = table.concat(t.lines(source), '\n')
    return now:find('sandbox', 1, true) and now:find('// mine', 1, true)
  end, function()
    return { titles, t.lines(source), t.messages }
  end)
  t.same(#titles, 2, 'ways to apply')
  t.settled()
  t.same(t.states(), {}, 'jobs')
end)

t.story('with the setting edit.apply = "review" every edit opens as a diff', function()
  local source, before = mean()
  local client = t.server()
  local settings = client.settings
  local asked = 0
  local give = vim.lsp.handlers['workspace/configuration']
  vim.lsp.handlers['workspace/configuration'] = function(...)
    asked = asked + 1
    return give(...)
  end
  local function change(to)
    local before_it = asked
    client.settings = to
    require('stackspot_lsp.client').call(client, 'notify', 'workspace/didChangeConfiguration', { settings = to })
    t.await('the question of the server for its settings', function()
      return asked > before_it
    end)
    t.settled() -- it has the answer by then
  end
  change(vim.tbl_deep_extend('force', settings or {}, { ['stackspot-lsp'] = { edit = { apply = 'review' } } }))
  t.run('refactor', t.SELECT_MEAN)
  local shown = await_diff()
  t.assert_commented(before, t.lines(shown[2]), 7, 9)
  t.same(t.lines(source), before, 'the code')
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('x')
  t.await_no_jobs()
  change(settings)
  vim.lsp.handlers['workspace/configuration'] = give
end)

t.story('where the buffer cannot be changed nobody is asked for an edit, but it can be looked at', function()
  local source, before = mean()
  vim.o.modifiable = false -- as `nvim -M` does: new buffers cannot be changed either
  vim.bo[source].modifiable = false
  local used = t.execute('status').usage.requests
  t.messages = {}
  vim.cmd("'<,'>StackSpot refactor")
  assert((t.messages[1] or ''):find("'modifiable' is off", 1, true), vim.inspect(t.messages))
  t.choose('document', t.SELECT_MEAN)
  assert(t.messages[2]:find("'modifiable' is off", 1, true), vim.inspect(t.messages))
  t.same(t.execute('status').usage.requests, used, 'requests to the agent')
  t.follow(function()
    vim.cmd('7,9StackSpot! refactor')
  end)
  local shown = await_diff()
  t.assert_commented(before, t.lines(shown[2]), 7, 9)
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('x')
  t.await_no_jobs()
  vim.o.modifiable = true
  vim.bo[source].modifiable = true
end)

t.story("Vim's own dp takes one change of an edit", function()
  local source, before = mean()
  t.follow(function()
    vim.cmd("'<,'>StackSpot! refactor")
  end)
  local shown = await_diff()
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('dp')
  t.assert_commented(before, t.lines(source), 7, 9)
  t.keys('x')
  t.await_no_jobs()
  t.assert_commented(before, t.lines(source), 7, 9)
end)

t.story('tests for a file that has none open as a diff with nothing, and become a file', function()
  local source = t.open('project/report.py')
  local before = t.lines()
  t.keys('/def total<CR>')
  t.follow(function()
    vim.cmd('StackSpot test')
  end)
  local shown = await_diff()
  t.same(t.lines(shown[1]), { '' }, 'what is there')
  assert(table.concat(t.lines(shown[2]), '\n'):find('total', 1, true), vim.inspect(t.lines(shown[2])))
  local tests = t.lines(shown[2])
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('a')
  local buffer = t.await('the file of the tests', function()
    for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
      if vim.api.nvim_buf_get_name(buffer):match('project/.*test.*%.py$') and vim.api.nvim_buf_is_loaded(buffer) then
        return vim.deep_equal(t.lines(buffer), tests) and buffer
      end
    end
  end, function()
    return { t.messages, vim.tbl_map(vim.api.nvim_buf_get_name, vim.api.nvim_list_bufs()) }
  end)
  t.await('the file, shown', function()
    return vim.api.nvim_get_current_buf() == buffer
  end)
  t.settled()
  t.same(t.lines(source), before, 'the code')
  vim.api.nvim_buf_delete(buffer, { force = true })
end)

if t.has('0.12') then
  t.story('code lenses above the lines of a waiting edit open the diff, and discard it', function()
    local source = mean()
    vim.lsp.codelens.enable(true, { bufnr = source })
    t.follow(function()
      vim.cmd("'<,'>StackSpot! refactor")
    end)
    local shown = await_diff()
    vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
    t.keys('q')
    t.await('the lenses of the edit', function()
      return #vim.lsp.codelens.get({ bufnr = source }) == 3
    end, function()
      return vim.lsp.codelens.get({ bufnr = source })
    end)
    local function run(title)
      vim.ui.select = function(items, options, on_choice)
        for i, item in ipairs(items) do
          if options.format_item(item):find(title, 1, true) then
            on_choice(item, i)
          end
        end
      end
      vim.fn.cursor(7, 1)
      t.keys('grx')
    end
    run('Show diff')
    shown = await_diff()
    vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
    t.keys('q')
    run('Discard')
    t.await_no_jobs()
    t.await('the end of the lenses', function()
      return #vim.lsp.codelens.get({ bufnr = source }) == 0
    end)
    vim.lsp.codelens.enable(false, { bufnr = source })
  end)
end

t.story('an edit that waits is found from other files, which ask before it is made or forgotten', function()
  local source, before = mean()
  t.run('refactor', t.SELECT_MEAN, function()
    vim.fn.cursor(7, 1)
    t.keys('o// mine<Esc>')
  end)
  t.open('project/report.py')
  vim.cmd('StackSpot preview')
  local shown = await_diff()
  t.same(shown[1], source, 'the left side')
  vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
  t.keys('q')
  local titles
  for _, choice in ipairs({ 0, 1 }) do
    titles = nil
    vim.ui.select = function(items, options, on_choice)
      titles = vim.tbl_map(options.format_item, items)
      on_choice(items[choice])
    end
    vim.cmd('StackSpot discard')
    t.await('the question', function()
      return titles
    end, function()
      return t.messages
    end)
    assert(titles[1]:find('refactor  .*totals%.rs'), vim.inspect(titles))
    if choice == 0 then
      t.same(t.states(), { 'proposed' }, 'jobs after the question was left')
    end
  end
  t.await_no_jobs()
  t.same(#t.lines(source), #before + 1, 'lines of the code')
end)

t.story('without a waiting edit preview, apply and discard say so', function()
  t.open('project/src/totals.rs')
  for _, name in ipairs({ 'preview', 'apply', 'discard' }) do
    t.messages = {}
    vim.cmd('StackSpot ' .. name)
    t.await('the word that nothing waits', function()
      return (t.messages[1] or ''):find('No edit', 1, true)
    end)
  end
end)

-- A service that answers with three changes, and a server that asks it, in place of the sandbox.
local function with_three_changes(tell)
  local scenario = vim.env.HOME .. '/three-changes.toml'
  vim.fn.writefile({
    '[[rule]]',
    'action = "refactor"',
    'reply = """',
    '```rust',
    'pub fn total(numbers: &[f64]) -> f64 {',
    '    numbers.iter().sum()',
    '}',
    '',
    'pub fn mean(prices: &[f64]) -> f64 {',
    '    let count = prices.len() as f64;',
    '    total(prices) / count',
    '}',
    '',
    'pub fn largest(prices: &[f64]) -> f64 {',
    '    prices.iter().copied().fold(f64::MIN, f64::max)',
    '}',
    '```',
    '"""',
  }, scenario)
  local printed = ''
  local function keep(_, data)
    printed = printed .. (data or '')
  end
  local service = vim.system({ vim.env.SERVER, 'sandbox', '--port', '0', '--scenario', scenario }, { stdout = keep, stderr = keep })
  local address = t.await('the address of a service', function()
    return printed:match('http://127%.0%.0%.1:%d+')
  end, function()
    return printed
  end)
  local source = t.open('project/src/totals.rs')
  t.stop(t.server())
  t.await('the end of the sandbox', function()
    return not t.server()
  end)
  local env = { STACKSPOT_REALM = 'acme', STACKSPOT_CLIENT_ID = 'stories', STACKSPOT_CLIENT_SECRET = 'secret' }
  env.STACKSPOT_AGENT_ID = '01STACKSP0TST0R1ESAGENT000'
  for _, name in ipairs({ 'IDM', 'INFERENCE', 'DATA', 'AGENTS' }) do
    env['STACKSPOT_' .. name .. '_URL'] = address
  end
  vim.lsp.start({ name = 'stackspot_lsp', cmd = { vim.env.SERVER }, cmd_env = env, root_dir = vim.fn.getcwd() .. '/project' })
  t.await_attached(source)
  tell(source, t.lines(source))
  t.stop(t.server())
  t.await('the end of the server', function()
    return not t.server()
  end)
  service:kill('sigterm')
  t.open('project/src/totals.rs')
end

t.story('of three changes the one at the cursor is applied or discarded by itself, and the others go on waiting', function()
  with_three_changes(function(source, before)
    t.follow(function()
      vim.cmd('3,13StackSpot! refactor')
    end)
    local shown = await_diff()
    vim.api.nvim_set_current_win(vim.fn.bufwinid(shown[2]))
    local function right_has(what, absent)
      t.await('a diff ' .. (absent and 'without ' or 'with ') .. what, function()
        return (table.concat(t.lines(shown[2]), '\n'):find(what, 1, true) == nil) == (absent or false)
      end, function()
        return { t.lines(shown[2]), t.messages }
      end)
    end
    t.keys('/let count<CR>A')
    t.await('the second change', function()
      return t.lines(source)[8] == '    let count = prices.len() as f64;'
    end, function()
      return { t.lines(source), t.messages }
    end)
    t.same(t.lines(source)[3], before[3], 'the first change waits')
    t.same(t.lines(source)[13], before[12], 'the third change waits')
    t.await('the rest, which waits', function()
      return vim.deep_equal(t.states(), { 'proposed' })
    end)
    t.messages = {}
    t.keys('gg/let count<CR>A')
    t.await('the word that there is no change', function()
      return (t.messages[1] or ''):find('no change of the edit on this line', 1, true)
    end)
    t.keys('gg/numbers:<CR>X')
    right_has('numbers', true)
    right_has('f64::MIN')
    t.same(t.lines(source)[3], before[3], 'what was discarded is not made')
    -- A script waits for no keys, and it is there that Neovim ends what one undo takes back.
    vim.api.nvim_buf_call(source, function()
      vim.cmd('let &undolevels = &undolevels')
    end)
    t.keys('/f64::MIN<CR>A')
    t.await('the third change', function()
      return t.lines(source)[13]:find('f64::MIN', 1, true)
    end, function()
      return { t.lines(source), t.messages }
    end)
    t.await_no_jobs()
    t.await('the end of the diff', function()
      return #vim.api.nvim_list_tabpages() == 1
    end)
    t.same(#t.lines(source), #before + 1, 'lines of the code')
    vim.cmd('silent undo')
    assert(not t.lines(source)[13]:find('f64::MIN', 1, true), 'one step takes the last change back')
    t.same(t.lines(source)[8], '    let count = prices.len() as f64;', 'and no other')
  end)
end)

t.story('an edit that waits is discarded after a restart of the server, and another one is applied', function()
  for _, step in ipairs({ 'discard', 'apply' }) do
    local source, before = mean()
    t.follow(function()
      vim.cmd("'<,'>StackSpot! refactor")
    end)
    vim.api.nvim_set_current_win(vim.fn.bufwinid(await_diff()[2]))
    t.keys('q')
    t.stop(t.server())
    t.await('the end of the server', function()
      return not t.server()
    end)
    t.open('project/src/totals.rs')
    t.await_states('the edit of before', function(states)
      return vim.deep_equal(states, { 'proposed' })
    end)
    t.same(#vim.lsp.get_clients({ name = 'stackspot_lsp' }), 1, 'servers')
    vim.cmd('StackSpot ' .. step)
    t.await_no_jobs()
    if step == 'discard' then
      t.same(t.lines(source), before, 'the text after it was discarded')
    else
      t.await('the edit', function()
        return #t.lines(source) > #before
      end, function()
        return { t.messages, t.lines(source) }
      end)
      t.assert_commented(before, t.lines(source), 7, 9)
    end
  end
end)
