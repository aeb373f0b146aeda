-- What the user sets, what help and health say, and the end of the server.

local t = require('harness')

t.story('no key is mapped until it is asked for; then those of the README', function()
  t.open('project/src/totals.rs')
  for _, mode in ipairs({ 'n', 'x' }) do
    for _, map in ipairs(vim.api.nvim_buf_get_keymap(0, mode)) do
      assert(not (map.desc or ''):find('StackSpot', 1, true), 'mapped by itself: ' .. vim.inspect(map))
    end
  end
  vim.cmd('luafile keys.lua')
  t.open('project/report.py')
  vim.cmd('bwipeout!')
  t.open('project/report.py') -- keys come with attaching
  t.follow(function()
    t.keys('/def total<CR>V\\e')
    t.await('the answer of the key', function()
      return #vim.api.nvim_tabpage_list_wins(0) == 2
    end)
  end)
  local titles
  vim.ui.select = function(items, options, on_choice)
    titles = vim.tbl_map(options.format_item, items)
    on_choice(nil)
  end
  t.keys('\\a')
  t.await('the menu of the key', function()
    return titles
  end)
  local ok, err = pcall(require('stackspot_lsp').setup, { keys = { explian = '<leader>e' } })
  assert(not ok and err:find('keys.explian', 1, true), tostring(err))
  ok, err = pcall(require('stackspot_lsp').setup, { splits = 'right' })
  assert(not ok and err:find('unknown option "splits"', 1, true), tostring(err))
end)

t.story('every command has a key of its name, and every key a command', function()
  t.open('project/src/totals.rs')
  local commands = vim.tbl_filter(function(name)
    return name ~= 'summary' -- a prompt file of an earlier story
  end, vim.fn.getcompletion('StackSpot ', 'cmdline'))
  for _, mode in ipairs({ 'n', 'x' }) do
    local names = {}
    for _, map in ipairs(vim.api.nvim_get_keymap(mode)) do
      local name = map.lhs:match('^<Plug>%(stackspot%-(.+)%)$')
      if name and name ~= 'menu' then
        table.insert(names, name)
      end
    end
    table.sort(names)
    t.same(names, commands, 'keys in the mode ' .. mode)
  end
  require('stackspot_lsp').setup({ keys = { suggest = '<leader>s', next = ']r' } })
  require('stackspot_lsp').setup({ keys = {} })
end)

t.story('the split opens where it is asked for', function()
  -- The keys where there is room for them, and in any case the file and what is happening.
  for _, case in ipairs({ { 'right', 'row', 'src/totals.rs' }, { 'below', 'col', 'q closes' } }) do
    require('stackspot_lsp').setup({ split = case[1] })
    t.open('project/src/totals.rs')
    vim.cmd('StackSpot explain')
    t.await('the split', function()
      return #vim.api.nvim_tabpage_list_wins(0) == 2
    end)
    t.same(vim.fn.winlayout()[1], case[2], 'the layout for ' .. case[1])
    local window = vim.api.nvim_tabpage_list_wins(0)[2]
    local function bar()
      return vim.api.nvim_eval_statusline(vim.wo[window].winbar, { winid = window, use_winbar = true }).str
    end
    t.await('what is happening', function()
      return bar():find('writing …', 1, true) and bar():find(case[3], 1, true)
    end, bar)
    vim.cmd('StackSpot cancel')
    t.settled()
  end
end)

t.story('a window that a session brings back says that its answer is of an earlier one', function()
  t.open('project/src/totals.rs')
  vim.cmd('split stackspot-answer://9999.md')
  t.same({ vim.bo.buftype, vim.bo.modified, vim.bo.buflisted }, { 'nofile', false, false }, 'what it is')
  assert(table.concat(t.lines()):find(':StackSpot answer', 1, true), vim.inspect(t.lines()))
  vim.cmd('close')
end)

t.story('a narrow window says what is happening, and leaves the keys out', function()
  require('stackspot_lsp').setup({ split = 'right' })
  t.open('project/src/totals.rs')
  vim.o.columns = 60
  vim.cmd('StackSpot explain')
  t.await('the split', function()
    return #vim.api.nvim_tabpage_list_wins(0) == 2
  end)
  local window = vim.api.nvim_tabpage_list_wins(0)[2]
  local bar = vim.wo[window].winbar
  assert(bar:find('writing …', 1, true), bar)
  assert(not vim.wo[window].winbar:find('q closes', 1, true), vim.wo[window].winbar)
  vim.cmd('StackSpot cancel')
  t.settled()
  vim.o.columns = 80
  require('stackspot_lsp').setup({ split = 'auto' })
end)

t.story('where there is little room the product is left out of the title, in every language', function()
  require('stackspot_lsp').setup({ split = 'right' })
  t.open('project/src/totals.rs')
  local client = t.server()
  for _, case in ipairs({ { 'pt-BR', 'Explicar' }, { 'en', 'Explain' } }) do
    client.settings = { ['stackspot-lsp'] = { language = case[1] } }
    require('stackspot_lsp.client').call(client, 'notify', 'workspace/didChangeConfiguration', { settings = client.settings })
    t.await('the language', function()
      return t.execute('actions', { action = 'explain' })[1].shortTitle == case[2]
    end)
    t.follow(function()
      vim.cmd('7,9StackSpot explain')
      local window = t.grown(0)
      t.await('the title', function()
        return vim.startswith(vim.wo[window].winbar, ('%%<%s · src/totals.rs [sandbox]'):format(case[2]))
      end, function()
        return vim.wo[window].winbar
      end)
    end)
  end
  client.settings = {}
  require('stackspot_lsp').setup({ split = 'auto' })
end)

t.story("the portal's curl commands on the clipboard sign in, and the secret is nowhere to be seen", function()
  local printed = ''
  local service = vim.system({ vim.env.SERVER, 'sandbox', '--port', '0' }, {
    stdout = function(_, data)
      printed = printed .. (data or '')
    end,
    stderr = function(_, data)
      printed = printed .. (data or '')
    end,
  })
  local address = t.await('the address of a service', function()
    return printed:match('http://127%.0%.0%.1:%d+')
  end, function()
    return printed
  end)
  local clipboard = table.concat({
    ("curl -X POST '%s/acme/oidc/oauth/token' -d 'grant_type=client_credentials' \\"):format(address),
    "  -d 'client_id=stories' -d 'client_secret=the-portals-secret'",
    ("curl '%s/v1/agent/01STACKSP0TST0R1ESAGENT000/chat' -H \"Authorization: Bearer $JWT\" \\"):format(address),
    [[  -d '{"streaming": true, "user_prompt": "Hello", "stackspot_knowledge": "true"}']],
  }, '\n')
  local getreg = vim.fn.getreg
  vim.fn.getreg = function(name, ...)
    return name == '+' and clipboard or getreg(name, ...)
  end
  -- What is kept is no matter of the other stories.
  local config = vim.env.XDG_CONFIG_HOME
  vim.env.XDG_CONFIG_HOME = vim.env.HOME .. '/signed-in'
  t.open('project/src/totals.rs')
  t.messages = {}
  vim.cmd('StackSpot login')
  local said = t.await('what became of the sign-in', function()
    return t.messages[1]
  end)
  assert(said:find('The credential works', 1, true) and said:find('Restart Neovim', 1, true), said)
  assert(not said:find('the-portals-secret', 1, true), said)
  local folder = vim.env.XDG_CONFIG_HOME .. '/stackspot-lsp/'
  t.same(vim.fn.getfperm(folder .. 'credential.json'), 'rw-------', 'who may read the credential')
  local written = table.concat(vim.fn.readfile(folder .. 'config.toml'), '\n')
  assert(written:find('agent = "01STACKSP0TST0R1ESAGENT000"', 1, true), written)
  assert(not written:find('the-portals-secret', 1, true), written)

  clipboard = 'nothing of the kind'
  t.messages = {}
  vim.cmd('StackSpot login')
  assert(t.messages[1]:find('no curl commands on the clipboard', 1, true), vim.inspect(t.messages))
  vim.fn.getreg = getreg
  vim.env.XDG_CONFIG_HOME = config
  service:kill('sigterm')
  service:wait(10000)
end)

t.story('the help is found by its names', function()
  for _, tag in ipairs({ 'stackspot-lsp', ':StackSpot', 'stackspot-lsp-setup', 'stackspot_lsp.status()', 'stackspot-lsp-keys' }) do
    vim.cmd('help ' .. tag)
    assert(vim.api.nvim_buf_get_name(0):match('stackspot%-lsp%.txt$'), tag .. ': ' .. vim.api.nvim_buf_get_name(0))
  end
  -- Every command of the plug-in is in it.
  local help = table.concat(t.lines(), '\n')
  vim.cmd('helpclose')
  t.open('project/src/totals.rs')
  for _, name in ipairs(vim.fn.getcompletion('StackSpot ', 'cmdline')) do
    if name ~= 'summary' then -- a prompt file of an earlier story
      assert(help:find('*:StackSpot-' .. name .. '*', 1, true), 'the help is silent about ' .. name)
    end
  end
end)

t.story('checkhealth tells of the editor, the program, the server and the account', function()
  t.open('project/src/totals.rs')
  vim.cmd('checkhealth stackspot_lsp')
  local report = table.concat(t.lines(), '\n')
  for _, words in ipairs({ 'stackspot-lsp 0.', 'running, buffers attached: ', 'sandbox', 'credential', 'login' }) do
    assert(report:find(words, 1, true), 'not a word of "' .. words .. '":\n' .. report)
  end
  assert(not report:find('ERROR', 1, true), report)
end)

t.story('every text is there in both languages, with the same blanks', function()
  local texts = require('stackspot_lsp.text').texts
  local count = 0
  for name, english in pairs(texts.en) do
    local portuguese = texts.pt[name] or error('no Portuguese for ' .. name)
    local function blanks(text)
      return table.concat(vim.iter(text:gmatch('%%[ds]')):totable())
    end
    t.same(blanks(portuguese), blanks(english), 'blanks of ' .. name)
    count = count + 1
  end
  t.same(vim.tbl_count(texts.pt), count, 'texts in Portuguese')
  assert(count > 20, count .. ' texts')
end)

t.story('the setting for the language is that of the plug-in as well', function()
  t.open('project/src/totals.rs')
  local client = t.server()
  client.settings = vim.tbl_deep_extend('force', client.settings or {}, { ['stackspot-lsp'] = { language = 'pt-BR' } })
  t.messages = {}
  vim.cmd('StackSpot discard')
  t.await('the word, in Portuguese', function()
    return (t.messages[1] or ''):find('Nenhuma edição', 1, true)
  end, function()
    return t.messages
  end)
  t.messages = {}
  vim.cmd('StackSpot status')
  t.await('the status, in Portuguese', function()
    local token = (t.messages[1] or ''):match('Token: (%S+)')
    return token == 'nenhum' or token == 'válido'

  end, function()
    return t.messages
  end)
  client.settings['stackspot-lsp'].language = nil
end)

t.story('when the server ends, what runs is told as lost, and the command goes', function()
  t.open('project/src/totals.rs')
  vim.cmd('%StackSpot explain')
  t.await_states('a running job', function(states)
    return #states > 0
  end)
  t.messages = {}
  t.stop(t.server())
  t.await('the end of the server, and a word of it', function()
    return t.server() == nil and table.concat(t.messages, '\n'):find('The server ended', 1, true)
  end, function()
    return t.messages
  end)
  t.same(vim.api.nvim_buf_get_commands(0, {}).StackSpot, nil, 'the command of the buffer')
  t.messages = {}
  vim.cmd('StackSpot explain')
  t.same(t.messages, { 'No StackSpot AI server is running. `:checkhealth stackspot_lsp` shows the reason.' }, 'messages')
  t.same(require('stackspot_lsp').status(), '', 'the status')
  local function health()
    vim.cmd('checkhealth stackspot_lsp')
    return table.concat(t.lines(), '\n')
  end
  local report = health()
  assert(report:find('it is not running', 1, true), report)
  assert(report:find('ERROR', 1, true) and report:find('login', 1, true), report) -- no sandbox, no account
  if t.has('0.11') then
    vim.lsp.config('stackspot_lsp', { cmd = { '/nowhere/stackspot-lsp' } })
  else
    vim.g.stackspot_lsp_cmd = { '/nowhere/stackspot-lsp' }
  end
  t.messages = {}
  vim.cmd('StackSpot explain')
  assert(t.messages[1]:find('`/nowhere/stackspot-lsp` was not found', 1, true), vim.inspect(t.messages))
  report = health()
  assert(report:find('`/nowhere/stackspot-lsp` was not found', 1, true), report)
end)

-- Starts an editor in which nothing but `init` brings the plug-in, and has it run `commands`; what it says.
local function in_a_session(name, init, commands)
  local home = vim.env.HOME .. '/' .. name
  vim.fn.mkdir(home .. '/config/nvim', 'p')
  vim.fn.writefile(init, home .. '/config/nvim/init.lua')
  local command = { 'nvim', '--headless', '--startuptime', home .. '/start', 'project/report.py' }
  for _, each in ipairs(vim.list_extend(commands, { 'qall!' })) do
    vim.list_extend(command, { '-c', each })
  end
  local environment = { XDG_CONFIG_HOME = home .. '/config', XDG_DATA_HOME = home .. '/data', XDG_STATE_HOME = home .. '/state' }
  local ran = vim.system(command, { text = true, env = environment }):wait(60000)
  return ran.stdout .. ran.stderr
end

-- Not by way of the recorder, which writes down one session.
local SANDBOX = t.has('0.11') and {
  "vim.lsp.config('stackspot_lsp', { cmd = { vim.env.SERVER, '--sandbox' } })",
  "vim.lsp.enable('stackspot_lsp')",
} or { "vim.g.stackspot_lsp_cmd = { vim.env.SERVER, '--sandbox' }", "vim.cmd.runtime('plain.lua')" }

local TELL_OF_THE_COMMAND = {
  'lua vim.wait(20000, function() return vim.api.nvim_buf_get_commands(0, {}).StackSpot ~= nil end)',
  'lua io.stdout:write(vim.api.nvim_buf_get_commands(0, {}).StackSpot and "the command is there" or "no command")',
}

t.story('who is quicker than the server is waited for', function()
  local init = {
    'function vim.notify(message) io.stdout:write(message, "\\n"); vim.g.said = true end',
    "vim.opt.runtimepath:append(vim.env.CHECKOUT .. '/editors/neovim')",
  }
  local said = in_a_session('quick', vim.list_extend(init, SANDBOX), {
    'runtime plugin/stackspot_lsp.lua',
    'StackSpot discard',
    'lua vim.wait(20000, function() return vim.g.said end)',
  })
  assert(said:find('No edit of StackSpot AI waits', 1, true), said)
end)

t.story('at the start it costs one small file: none of its modules are loaded, and no client', function()
  local said = in_a_session('start', { "vim.opt.runtimepath:append(vim.env.CHECKOUT .. '/editors/neovim')" }, {
    'lua for name in pairs(package.loaded) do io.stdout:write(name, "\\n") end',
  })
  assert(not said:find('stackspot_lsp', 1, true) and not said:find('vim.lsp.client', 1, true), said)
  local sourced = vim.tbl_filter(function(line)
    return line:find('sourcing .*editors/neovim/') ~= nil
  end, vim.fn.readfile(vim.env.HOME .. '/start/start'))
  t.same(#sourced, 1, table.concat(sourced, '\n'))
end)

t.story('a manager loads it from any folder, also after the server has attached', function()
  -- lazy.nvim loads no plug-in by itself, and those of its own without asking Neovim.
  local init = { 'vim.o.loadplugins = false', "vim.opt.runtimepath:append(vim.env.CHECKOUT .. '/editors/neovim')" }
  local load = { "vim.cmd.runtime('plugin/stackspot_lsp.lua')" }
  local at_start = vim.iter({ init, load, SANDBOX }):flatten():totable()
  local said = in_a_session('lazy', at_start, vim.list_slice(TELL_OF_THE_COMMAND))
  assert(said:find('the command is there', 1, true), said)
  said = in_a_session('late', vim.list_extend(init, SANDBOX), vim.list_extend({
    'lua vim.wait(20000, function() return vim.lsp.buf_is_attached(0, 1) and vim.lsp.get_client_by_id(1).initialized end)',
    'lua assert(vim.fn.exists(":StackSpot") == 0, "it is loaded already")',
    'runtime plugin/stackspot_lsp.lua',
  }, TELL_OF_THE_COMMAND))
  assert(said:find('the command is there', 1, true) and not said:find('already', 1, true), said)
end)

if t.has('0.12') then
  t.story('vim.pack installs it from a clone', function()
    local source = vim.env.HOME .. '/src/stackspot-lsp'
    vim.fn.mkdir(source .. '/editors', 'p')
    vim.fn.system({ 'cp', '-r', vim.env.CHECKOUT .. '/editors/neovim', source .. '/editors/neovim' })
    for _, arguments in ipairs({ { 'init', '-q' }, { 'add', '.' }, { 'commit', '-qm', 'all' } }) do
      local git = { 'git', '-C', source, '-c', 'user.name=a', '-c', 'user.email=a@example.org' }
      local said = vim.fn.system(vim.list_extend(git, arguments))
      t.same(vim.v.shell_error, 0, said)
    end
    local init = vim.fn.readfile('vim-pack.lua')
    table.insert(init, 1, 'vim.fn.confirm = function() return 1 end')
    local said = in_a_session('packed', init, vim.list_slice(TELL_OF_THE_COMMAND))
    assert(said:find('the command is there', 1, true), said)
  end)
end
