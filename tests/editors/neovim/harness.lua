-- What the stories are told with: waiting, comparing, opening files, pressing keys, choosing from menus.
--
-- Nothing is looked at once: what the editor and the server come to on their own is awaited, with a deadline that a
-- machine under load keeps. One file for Neovim 0.7 to 0.12.

local t = {}

t.uv = vim.uv or vim.loop
t.has = function(version)
  return vim.fn.has('nvim-' .. version) == 1
end

local DEADLINE = tonumber(vim.env.STORIES_DEADLINE) or 60000 -- milliseconds

-- Waits so long for a condition, by the editor's own event loop; returns what it came to. Neovim counts the time of a
-- wait in whole milliseconds of each turn, so shorter turns would make it wait for ever: the clock has the last word.
local function waited(milliseconds, condition)
  local came
  local last = t.uv.hrtime() + milliseconds * 1e6
  vim.wait(milliseconds, function()
    came = condition()
    return came or t.uv.hrtime() > last
  end, 10)
  return came
end

-- The same with the deadline of the stories; the error says what was awaited and what was seen.
function t.await(what, condition, seen)
  local came = waited(DEADLINE, condition)
  if not came then
    error(what .. ' did not happen' .. (seen and ('; seen: ' .. vim.inspect(seen())) or ''), 2)
  end
  return came
end

-- A menu that has not what is wanted is opened again, and not at once: the server has other things to do.
local function pause()
  waited(50, function() end)
end

function t.same(actual, expected, what)
  if not vim.deep_equal(actual, expected) then
    error(('%s\n        is        %s\n        should be %s'):format(what, vim.inspect(actual), vim.inspect(expected)), 2)
  end
end

-- Everything that the server tells the user, as the editor's own handlers get it.
t.progress = {} -- { token, kind, text }
t.messages = {}
t.progress_events = 0

local handle_progress = vim.lsp.handlers['$/progress']
vim.lsp.handlers['$/progress'] = function(err, params, ...)
  local value = params.value
  table.insert(t.progress, { token = params.token, kind = value.kind, text = value.message or value.title or '' })
  return handle_progress(err, params, ...)
end
local handle_message = vim.lsp.handlers['window/showMessage']
vim.lsp.handlers['window/showMessage'] = function(err, params, ...)
  table.insert(t.messages, params.message)
  return handle_message(err, params, ...)
end
if t.has('0.10') then
  vim.api.nvim_create_autocmd('LspProgress', {
    callback = function()
      t.progress_events = t.progress_events + 1
    end,
  })
end
vim.notify = function(message)
  table.insert(t.messages, tostring(message))
end

function t.servers()
  return (vim.lsp.get_clients or vim.lsp.get_active_clients)()
end

function t.server(name)
  for _, client in pairs(t.servers()) do
    if client.name == (name or 'stackspot_lsp') then
      return client
    end
  end
end

function t.stop(client)
  if t.has('0.11') then
    client:stop()
  else
    client.stop()
  end
end

-- Asks the server for something and waits; what was typed before goes first, so it has seen that then.
function t.execute(command, argument)
  local reply
  local client = t.server()
  local arguments = { 'workspace/executeCommand', {
    command = 'stackspot-lsp.' .. command,
    arguments = { argument or vim.empty_dict() },
  }, function(err, result)
    reply = { err = err, result = result }
  end, vim.api.nvim_get_current_buf() }
  if t.has('0.11') then
    table.insert(arguments, 1, client)
  end
  client.request(unpack(arguments))
  t.await('the reply to ' .. command, function()
    return reply
  end)
  return reply.result
end

-- The states of the jobs that the server knows.
function t.states()
  return vim.tbl_map(function(job)
    return job.state
  end, t.execute('status').jobs)
end

-- Waits until the server's jobs are in such states; it is asked twenty times a second.
function t.await_states(what, condition)
  local asked = 0
  local states
  t.await(what, function()
    local now = t.uv.now()
    if now - asked < 50 then
      return false
    end
    asked = now
    states = t.states()
    return condition(states)
  end, function()
    return states
  end)
end

-- Waits until nothing runs any more, and the server has seen the text as it is now.
function t.settled()
  t.await_states('the end of what runs', function(states)
    return #vim.tbl_filter(function(state)
      return state ~= 'proposed'
    end, states) == 0
  end)
end

-- Waits until the server knows no job any more.
function t.await_no_jobs()
  t.await_states('the end of all jobs', function(states)
    return #states == 0
  end)
end

function t.lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false)
end

function t.await_attached(buffer)
  t.await('attaching to ' .. vim.api.nvim_buf_get_name(buffer), function()
    local client = t.server()
    return client and client.initialized and vim.lsp.buf_is_attached(buffer, client.id)
  end)
end

-- Opens a file as on disk, whatever the story before left in its buffer, and waits until the server has it.
function t.open(path)
  vim.cmd('silent! tabonly!')
  vim.cmd('silent! only!')
  vim.cmd('edit! ' .. vim.fn.fnameescape(path))
  vim.cmd('edit!') -- the first only shows a buffer that was loaded before
  local buffer = vim.api.nvim_get_current_buf()
  t.await_attached(buffer)
  vim.opt_local.formatoptions:remove('o') -- a new line is what is typed, without a comment leader
  return buffer
end

function t.keys(text)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(text, true, false, true), 'xt', false)
end

-- Presses keys that open a menu, and lets `pick` choose from its items; returns all titles. A file that was just opened
-- may have no actions yet, so the keys are pressed again then.
local function open_menu(menu_keys, pick)
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    on_choice(pick(items, titles))
  end
  vim.cmd('let &undolevels = &undolevels') -- a script is one undo block otherwise
  t.await('the menu', function()
    local said = #t.messages
    t.keys('<Esc>' .. menu_keys) -- what an earlier try has selected is none of this one's
    waited(5000, function()
      return titles or #t.messages > said and t.messages[#t.messages] == 'No code actions available'
    end)
    return titles or pause()
  end, function()
    return t.messages
  end)
  t.keys('<Esc>')
  return titles
end

function t.menu(select_keys)
  return open_menu((select_keys or '') .. 'gra', function()
    return nil
  end)
end

-- Presses the documented keys on a selection (or none), and answers the menu as the user would. `action` is what the
-- chosen entry runs. Where it is not there yet, the menu is opened again. Returns the title of the entry.
function t.choose(action, select_keys, menu_keys)
  local chosen, titles
  t.await('an entry for ' .. action, function()
    titles = open_menu((select_keys or '') .. (menu_keys or 'gra'), function(items, all)
      for i, item in ipairs(items) do
        local code_action = item.action or item[2]
        local command = type(code_action.command) == 'table' and code_action.command or code_action
        local params = (command.arguments or {})[1] or {}
        if params.action == action or command.command == 'stackspot-lsp.' .. action then
          chosen = all[i]
          return item, i
        end
      end
      return nil
    end)
    return chosen or pause()
  end, function()
    return titles
  end)
  return chosen
end

-- Starts something and waits for the end of its progress; `during` is what the user does meanwhile, from the first report
-- on. It runs in the story itself, not in the event of the report: there it would be nested in whatever wait the story
-- is in, with a menu still to be left, and its own failure would go by unseen.
function t.follow(start, during)
  t.progress, t.messages = {}, {}
  local function seen()
    return { progress = t.progress, messages = t.messages }
  end
  local result = start()
  if during then
    t.await('a report of progress', function()
      return #vim.tbl_filter(function(value)
        return value.kind == 'report'
      end, t.progress) > 0
    end, seen)
    during()
  end
  t.await('the end of the progress', function()
    return #t.progress > 0 and t.progress[#t.progress].kind == 'end'
  end, seen)
  t.same(t.progress[1].kind, 'begin', 'first progress')
  t.settled()
  return result
end

-- Runs an action from the menu to its end; returns the title of the entry.
function t.run(action, select_keys, during)
  return t.follow(function()
    return t.choose(action, select_keys)
  end, during)
end

-- The lines of `before` are all there in `after`, in their order, and at least one comment line came in between `first`
-- and `last`: that is what the sandbox's agent does. What is outside of that range did not change.
function t.assert_commented(before, after, first, last)
  local grown = #after - #before
  assert(grown > 0, 'nothing was added: ' .. vim.inspect(after))
  t.same(vim.list_slice(after, 1, first - 1), vim.list_slice(before, 1, first - 1), 'the lines above the selection')
  t.same(vim.list_slice(after, last + grown + 1), vim.list_slice(before, last + 1), 'the lines below the selection')
  local added, at = {}, first
  for i = first, last + grown do
    if at <= last and after[i] == before[at] then
      at = at + 1
    else
      assert(after[i]:match('^%s*//') or after[i]:match('^%s*#'), 'not a comment: ' .. after[i])
      table.insert(added, after[i])
    end
  end
  t.same(at, last + 1, 'selected lines found again')
  assert(added[1]:find('sandbox', 1, true), 'not by the sandbox: ' .. added[1])
end

function t.assert_one_undo(before)
  vim.cmd('silent undo')
  t.same(t.lines(), before, 'the text after one undo')
end

-- Writes a prompt file into the project, about the selection, and waits until the plug-in knows it.
function t.write_prompt_file(name, settings, words)
  vim.fn.mkdir('project/.stackspot/actions', 'p')
  local lines = vim.list_extend(vim.list_extend({ '---' }, settings), { '---', words, '<selection>', '{{ selection }}', '</selection>' })
  vim.fn.writefile(lines, ('project/.stackspot/actions/%s.md'):format(name))
  t.await('the prompt file among what completes', function()
    return vim.list_contains(vim.fn.getcompletion('StackSpot ', 'cmdline'), name)
  end, function()
    return vim.fn.getcompletion('StackSpot ', 'cmdline')
  end)
end

-- The window and the buffer of the answer in this tab.
function t.answer()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local buffer = vim.api.nvim_win_get_buf(window)
    if vim.startswith(vim.api.nvim_buf_get_name(buffer), 'stackspot-answer://') then
      return window, buffer
    end
  end
end

function t.answer_text(buffer)
  return table.concat(t.lines(buffer), '\n')
end

-- Waits until so much of the answer is there; returns its window and buffer.
function t.grown(characters)
  t.await('an answer of ' .. characters .. ' characters', function()
    local _, buffer = t.answer()
    return buffer and #t.answer_text(buffer) > characters
  end, function()
    return t.messages
  end)
  return t.answer()
end

t.SELECT_MEAN = '/pub fn mean<CR>v/^}<CR>' -- the second function of totals.rs, charwise, with its closing brace

t.stories = {}
function t.story(name, run)
  table.insert(t.stories, { name = name, run = run })
end

return t
