-- What a user does in Neovim, on the committed configuration and a real server in its sandbox.
--
-- `run-neovim.sh` starts the editor with a configuration made as editors/neovim/README.md says, in a folder with
-- `project/` (a project), `alone/notes.lua` (a file of no project), and the README's other Lua as `keys.lua`,
-- `progress.lua` and `settings.lua`, and loads this file. It prints a line per story and ends the editor with code 0 when
-- all passed. One file for 0.7 to 0.12.

local uv = vim.uv or vim.loop
local started = uv.hrtime()
local has = function(version)
  return vim.fn.has('nvim-' .. version) == 1
end
local encoding_offered = has('0.11') -- older versions speak UTF-16 alone
local shows_documents = has('0.8')

local function say(text)
  io.stdout:write(('%6.2f  %s\n'):format((uv.hrtime() - started) / 1e9, text))
  io.stdout:flush()
end

-- Waits for a condition, by the editor's own event loop; the error says what was awaited and what was seen.
local function await(what, condition, seen)
  if not vim.wait(15000, condition, 10) then
    error(what .. ' did not happen' .. (seen and ('; seen: ' .. vim.inspect(seen())) or ''), 2)
  end
end

local function same(actual, expected, what)
  if not vim.deep_equal(actual, expected) then
    error(('%s\n        is        %s\n        should be %s'):format(what, vim.inspect(actual), vim.inspect(expected)), 2)
  end
end

-- Everything that the server tells the user, as the editor's own handlers get it.
local progress = {} -- { token, kind, title or message }
local messages = {}
local progress_events = 0
local on_progress -- called with each progress value, while the server is at work

local handle_progress = vim.lsp.handlers['$/progress']
vim.lsp.handlers['$/progress'] = function(err, params, ...)
  local value = params.value
  table.insert(progress, { token = params.token, kind = value.kind, text = value.message or value.title or '' })
  local result = handle_progress(err, params, ...)
  if on_progress then
    on_progress(value)
  end
  return result
end
local handle_message = vim.lsp.handlers['window/showMessage']
vim.lsp.handlers['window/showMessage'] = function(err, params, ...)
  table.insert(messages, params.message)
  return handle_message(err, params, ...)
end
if has('0.10') then
  vim.api.nvim_create_autocmd('LspProgress', {
    callback = function()
      progress_events = progress_events + 1
    end,
  })
end
vim.notify = function(message)
  table.insert(messages, tostring(message))
end

local function server()
  for _, client in pairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if client.name == 'stackspot_lsp' then
      return client
    end
  end
end

local function stop(client)
  if has('0.11') then
    client:stop()
  else
    client.stop()
  end
end

local function lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false)
end

-- Opens a file as on disk, whatever the story before left in its buffer, and waits until the server has it.
local function open(path)
  vim.cmd('silent! only!')
  vim.cmd('edit! ' .. vim.fn.fnameescape(path))
  vim.cmd('edit!') -- the first only shows a buffer that was loaded before
  local buffer = vim.api.nvim_get_current_buf()
  await('attaching to ' .. path, function()
    local client = server()
    return client and client.initialized and vim.lsp.buf_is_attached(buffer, client.id)
  end)
  vim.opt_local.formatoptions:remove('o') -- a new line is what is typed, without a comment leader
  return buffer
end

local function keys(text)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(text, true, false, true), 'xt', false)
end

-- Presses the documented keys on a selection (or none), and answers the menu as the user would. `action` is what the
-- chosen entry runs; returns the title of the entry and all titles.
local function choose(action, select_keys, menu_keys)
  local titles, chosen = {}, nil
  vim.ui.select = function(items, options, on_choice)
    titles = {}
    local choice, index
    for i, item in ipairs(items) do
      local title = options.format_item(item)
      table.insert(titles, title)
      local code_action = item.action or item[2]
      local command = type(code_action.command) == 'table' and code_action.command or code_action
      local params = (command.arguments or {})[1] or {}
      if not choice and (params.action == action or command.command == 'stackspot-lsp.' .. action) then
        choice, index, chosen = item, i, title
      end
    end
    on_choice(choice, index)
  end
  vim.cmd('let &undolevels = &undolevels') -- a script is one undo block otherwise
  keys((select_keys or '') .. (menu_keys or 'gra'))
  await('the menu', function()
    return #titles > 0
  end, function()
    return messages
  end)
  assert(chosen, 'the menu has no ' .. action .. ', it has ' .. vim.inspect(titles))
  keys('<Esc>')
  return chosen, titles
end

local function menu(select_keys)
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    on_choice(nil)
  end
  keys((select_keys or '') .. 'gra')
  await('the menu', function()
    return titles
  end)
  keys('<Esc>')
  return titles
end

-- Runs an action to its end; `during` is called once, at the first report of progress. Returns the progress kinds.
local function run(action, select_keys, during)
  progress, messages = {}, {}
  local called = during == nil
  on_progress = function(value)
    if value.kind == 'report' and not called then
      called = true
      vim.schedule(during)
    end
  end
  local title = choose(action, select_keys)
  await('the end of the progress', function()
    return #progress > 0 and progress[#progress].kind == 'end'
  end, function()
    return { progress = progress, messages = messages }
  end)
  on_progress = nil
  assert(called, 'no progress was reported: ' .. vim.inspect(progress))
  same(progress[1].kind, 'begin', 'first progress')
  -- What the edit or the answer still sends is on its way; the menu is a request that comes after it.
  vim.wait(100)
  return title
end

-- The lines of `before` are all there in `after`, in their order, and at least one comment line came in between `first`
-- and `last`: that is what the sandbox's agent does. What is outside of that range did not change.
local function assert_commented(before, after, first, last)
  local grown = #after - #before
  assert(grown > 0, 'nothing was added: ' .. vim.inspect(after))
  same(vim.list_slice(after, 1, first - 1), vim.list_slice(before, 1, first - 1), 'the lines above the selection')
  same(vim.list_slice(after, last + grown + 1), vim.list_slice(before, last + 1), 'the lines below the selection')
  local added, at = {}, first
  for i = first, last + grown do
    if at <= last and after[i] == before[at] then
      at = at + 1
    else
      assert(after[i]:match('^%s*//') or after[i]:match('^%s*#'), 'not a comment: ' .. after[i])
      table.insert(added, after[i])
    end
  end
  same(at, last + 1, 'selected lines found again')
  assert(added[1]:find('sandbox', 1, true), 'not by the sandbox: ' .. added[1])
end

local function assert_one_undo(before)
  vim.cmd('silent undo')
  same(lines(), before, 'the text after one undo')
end

local stories = {}
local function story(name, run_it)
  table.insert(stories, { name = name, run = run_it })
end

local SELECT_MEAN = '/pub fn mean<CR>v/^}<CR>' -- the second function of totals.rs, charwise, with its closing brace

story('one server serves a project and a file that belongs to none', function()
  open('project/src/totals.rs')
  local id = server().id
  open('project/report.py')
  open('alone/notes.lua')
  same(server().id, id, 'the server of the lone file')
  same(#(vim.lsp.get_clients or vim.lsp.get_active_clients)(), 1, 'servers')
  if encoding_offered then
    same(server().offset_encoding, 'utf-8', 'position encoding')
  end
end)

story('Explain shows an answer and leaves the source alone', function()
  local source = open('project/src/totals.rs')
  local before = lines()
  progress_events = 0
  local title = run('explain', SELECT_MEAN)
  assert(title:find('Explain', 1, true), 'title: ' .. title)
  if shows_documents then
    local answer
    await('the answer in a window', function()
      for _, window in ipairs(vim.api.nvim_list_wins()) do
        local buffer = vim.api.nvim_win_get_buf(window)
        if vim.api.nvim_buf_get_name(buffer):match('%.md$') then
          answer = buffer
          return #table.concat(lines(buffer)) > 0
        end
      end
    end, function()
      return vim.tbl_map(vim.api.nvim_buf_get_name, vim.api.nvim_list_bufs())
    end)
    await('the sandbox named in the answer', function()
      return table.concat(lines(answer), '\n'):lower():find('sandbox', 1, true)
    end, function()
      return lines(answer)
    end)
    assert(not vim.bo[answer].modified, 'the answer asks to be saved')
    await('attaching the answer to the server that wrote it', function()
      return vim.lsp.buf_is_attached(answer, server().id)
    end)
    assert(vim.fn.bufwinid(source) ~= -1, 'the source is hidden')
  else
    await('the answer as a message', function()
      return #messages > 0 and table.concat(messages, '\n'):lower():find('sandbox', 1, true)
    end, function()
      return messages
    end)
  end
  same(lines(source), before, 'the source')
  assert(not vim.bo[source].modified, 'the source is marked as changed')
  if has('0.10') then
    assert(progress_events > 1, 'no LspProgress events')
  end
end)

story('Refactor changes the selection, and one undo brings it back', function()
  open('project/src/totals.rs')
  local before = lines()
  run('refactor', SELECT_MEAN)
  assert_commented(before, lines(), 7, 9)
  assert_one_undo(before)
end)

story('Refactor on whole lines, of a Python file', function()
  open('project/report.py')
  local before = lines()
  run('refactor', '/def total<CR>Vj')
  assert_commented(before, lines(), 4, 5)
  assert_one_undo(before)
end)

story('a selection after emoji and accents, on the same line and above', function()
  open('project/greeting.py')
  local before = lines()
  run('refactor', '/def saudação<CR>v}k$')
  assert_commented(before, lines(), 4, 5)
  assert_one_undo(before)
  run('refactor', '/nome = <CR>v/^)<CR>') -- from the middle of a line that has astral characters before the selection
  assert_commented(before, lines(), 8, 10)
  assert_one_undo(before)
end)

story('CRLF line endings stay', function()
  open('project/windows.py')
  same(vim.bo.fileformat, 'dos', 'file format')
  local before = lines()
  run('refactor', '/def total<CR>Vj')
  assert_commented(before, lines(), 1, 2)
  vim.cmd('silent write')
  local bytes = io.open('project/windows.py', 'rb'):read('*a')
  assert(not bytes:gsub('\r\n', ''):find('[\r\n]'), 'mixed line endings: ' .. vim.inspect(bytes))
end)

story('without a selection, the function around the cursor', function()
  open('project/src/totals.rs')
  local before = lines()
  run('refactor', '/\\.len<CR>')
  assert_commented(before, lines(), 7, 9)
  assert_one_undo(before)
end)

story('typing above while the agent answers: the edit lands where the code is now', function()
  open('project/src/totals.rs')
  local before = lines()
  run('refactor', SELECT_MEAN, function()
    keys('ggO// typed meanwhile<Esc>')
  end)
  local typed = vim.list_extend({ '// typed meanwhile' }, before)
  assert_commented(typed, lines(), 8, 10)
end)

story('typing inside while the agent answers: nothing is overwritten, and the answer waits', function()
  open('project/src/totals.rs')
  local typed = lines()
  table.insert(typed, 8, '    // mine')
  run('refactor', SELECT_MEAN, function()
    vim.fn.cursor(7, 1)
    keys('o// mine<Esc>==')
  end)
  vim.wait(300)
  typed[8] = lines()[8] -- its indentation is the editor's own affair
  assert(typed[8]:find('// mine', 1, true), 'the typed line: ' .. typed[8])
  same(lines(), typed, 'the text')
  local titles = menu(SELECT_MEAN)
  assert(titles[1]:find('Apply', 1, true), 'no Apply first: ' .. vim.inspect(titles))
  choose('discard', SELECT_MEAN)
  vim.wait(100)
  same(lines(), typed, 'the text after Discard')
  titles = menu(SELECT_MEAN)
  assert(not titles[1]:find('Apply', 1, true), 'still a proposal: ' .. vim.inspect(titles))
end)

story('Cancel stops the agent and changes nothing', function()
  open('project/src/totals.rs')
  local before = lines()
  local asked_at
  run('refactor', SELECT_MEAN, function()
    asked_at = uv.hrtime()
    local title = choose('cancel')
    assert(title:find('Cancel', 1, true), 'title: ' .. title)
  end)
  local milliseconds = (uv.hrtime() - asked_at) / 1e6
  assert(milliseconds < 2000, ('cancel took %d ms'):format(milliseconds))
  vim.wait(300)
  same(lines(), before, 'the text')
end)

story('a waiting answer is applied when the user says so', function()
  open('project/src/totals.rs')
  local before = lines()
  run('refactor', SELECT_MEAN, function()
    vim.fn.cursor(7, 1)
    keys('o// mine<Esc>')
  end)
  vim.cmd('silent undo')
  same(lines(), before, 'the text after undo of the typing')
  vim.cmd('let &undolevels = &undolevels')
  choose('apply', SELECT_MEAN)
  await('the edit', function()
    return #lines() > #before
  end, function()
    return messages
  end)
  assert_commented(before, lines(), 7, 9)
  vim.wait(500) -- Neovim tells of changes 150 ms late; an undo before that would hide that the edit was applied
  assert_one_undo(before)
end)

story('closing the file while the agent answers loses nothing', function()
  open('project/src/totals.rs')
  local before = lines()
  run('refactor', SELECT_MEAN, function()
    vim.cmd('bdelete!')
  end)
  open('project/src/totals.rs')
  same(lines(), before, 'the text')
  choose('apply', SELECT_MEAN)
  await('the edit', function()
    return #lines() > #before
  end, function()
    return messages
  end)
  assert_commented(before, lines(), 7, 9)
end)

story('two answers at once, in two files', function()
  local first = open('project/src/totals.rs')
  local first_before = lines()
  local second
  run('refactor', SELECT_MEAN, function()
    vim.cmd('edit! project/report.py')
    second = vim.api.nvim_get_current_buf()
    local second_before = lines()
    choose('refactor', '/def total<CR>Vj')
    await('both edits', function()
      return #lines(first) > #first_before and #lines(second) > #second_before
    end)
    assert_commented(second_before, lines(second), 4, 5)
  end)
  assert_commented(first_before, lines(first), 7, 9)
  await('the end of both', function()
    local at_work = 0
    for _, value in ipairs(progress) do
      at_work = at_work + (value.kind == 'begin' and 1 or value.kind == 'end' and -1 or 0)
    end
    return at_work == 0
  end)
end)

if has('0.8') then -- the README gives them for 0.8 or later, and the progress for 0.10 or later
  story("the README's keys and progress", function()
    open('project/src/totals.rs')
    local before = lines()
    vim.cmd('luafile keys.lua')
    if has('0.10') then
      vim.cmd('luafile progress.lua')
    end
    progress = {}
    choose('refactor', SELECT_MEAN, '\\a')
    await('a report of progress', function()
      return #progress > 1
    end)
    if has('0.10') then
      local status = vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
      assert(status:find(progress[#progress].text, 1, true), 'statusline: ' .. status)
    end
    keys('\\A')
    await('the end of the progress', function()
      return progress[#progress].kind == 'end'
    end)
    same(lines(), before, 'the text')
  end)
end

story('an instruction in a comment becomes an action, and goes away with the edit', function()
  open('project/src/totals.rs')
  local before = lines()
  vim.fn.append(6, '// @stackspot name the magic number')
  local title = run('edit', '/@stackspot<CR>V/^}<CR>')
  assert(title:find('name the magic number', 1, true), 'title: ' .. title)
  assert(not table.concat(lines(), '\n'):find('@stackspot', 1, true), 'the instruction is still there')
  same(vim.list_slice(lines(), 1, 6), vim.list_slice(before, 1, 6), 'the lines above')
end)

story('saving after an edit writes what is on the screen', function()
  open('project/report.py')
  run('refactor', '/def total<CR>Vj')
  vim.cmd('silent write')
  same(vim.fn.readfile('project/report.py'), lines(), 'the file on disk')
end)

story('the server ends when it is told to', function()
  local client = server()
  stop(client)
  await('the end of the server', function()
    return server() == nil
  end)
end)

if has('0.11') then
  story("the README's settings", function()
    vim.cmd('luafile settings.lua')
    open('project/src/totals.rs')
    -- The server asks for the settings once it has started; until they are here it goes by its defaults.
    await('a title of the settings', function()
      return table.concat(menu(SELECT_MEAN), '\n'):find('Explicar', 1, true)
    end)
    stop(server())
    await('the end of the server', function()
      return server() == nil
    end)
  end)
end

local failed = 0
for _, each in ipairs(stories) do
  local ok, err = xpcall(each.run, function(err)
    return type(err) == 'string' and err or vim.inspect(err)
  end)
  on_progress = nil
  say((ok and 'PASS  ' or 'FAIL  ') .. each.name)
  if not ok then
    failed = failed + 1
    say('      ' .. err)
    if not server() and each ~= stories[#stories] then
      say('FAIL  the stories after it: there is no server')
      failed = failed + 1
      break
    end
    if vim.env.STORIES_TRACE then
      say('      progress ' .. vim.inspect(progress) .. ' messages ' .. vim.inspect(messages))
    end
    -- The next story begins with nothing at work.
    pcall(vim.lsp.buf_request_sync, 0, 'workspace/executeCommand', {
      command = 'stackspot-lsp.cancel',
      arguments = { vim.empty_dict() },
    }, 2000)
  end
end
vim.cmd(failed == 0 and 'qall!' or 'cquit!')
