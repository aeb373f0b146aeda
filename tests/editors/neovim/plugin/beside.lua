-- Beside another language server, attached to the same buffer, which counts in UTF-16.

local t = require('harness')
local folder = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h')

local function with_other_server()
  local buffer = t.open('project/greeting.py')
  vim.lsp.start({ name = 'other', cmd = { 'python3', folder .. '/other_server.py' }, root_dir = vim.fn.getcwd() })
  t.await('attaching the other server', function()
    local other = t.server('other')
    return other and other.initialized and vim.lsp.buf_is_attached(buffer, other.id)
  end)
  return buffer
end

-- The parameters of the latest request for an action, as they went over the wire.
local function sent(action)
  local latest
  for line in io.lines('session.jsonl') do
    local message = vim.json.decode(line).message or {}
    if message.method == 'stackspot-lsp/run' and message.params.action == action then
      latest = message.params
    end
  end
  return latest
end

local function add_todo()
  vim.fn.append(4, '    # 🎉 TODO say it in capitals')
  t.await('the problem that the other server reports', function()
    return #vim.diagnostic.get(0) == 1
  end, function()
    return vim.diagnostic.get(0)
  end)
end

local function assert_told_of_todo(params)
  t.same(#(params.diagnostics or {}), 1, 'problems')
  local problem = params.diagnostics[1]
  t.same({ problem.message, problem.source, problem.code, problem.severity }, { 'to be done', 'todos', 'T1', 2 }, 'the problem')
  -- After four blanks, "# ", an emoji and a blank: bytes in UTF-8, units in UTF-16.
  local column = t.server().offset_encoding == 'utf-8' and 11 or 9
  t.same(problem.range.start, { line = 4, character = column }, 'where it starts, as this server counts')
end

t.story('both servers keep working on one buffer, each with its entries in the menu', function()
  with_other_server()
  local titles = t.menu('/def saudação<CR>V')
  local all = table.concat(titles, '\n')
  assert(all:find('In capitals', 1, true) and all:find('Explain', 1, true), all)
  local before = t.lines()
  t.run('refactor', '/def saudação<CR>Vj')
  t.assert_commented(before, t.lines(), 4, 5)
  t.assert_one_undo(before)
  vim.ui.select = function(items, options, on_choice)
    for i, item in ipairs(items) do
      if options.format_item(item):find('In capitals', 1, true) then
        on_choice(item, i)
      end
    end
  end
  t.keys('gg/def saudação<CR>V')
  vim.lsp.buf.code_action()
  t.await('the edit of the other server', function()
    return vim.fn.getline(4) == 'DEF SAUDAÇÃO(NOME):'
  end, t.lines)
  t.keys('<Esc>')
end)

t.story(':StackSpot fix is told of the problems of every server', function()
  with_other_server()
  add_todo()
  t.keys('/TODO<CR>')
  t.follow(function()
    vim.cmd('StackSpot fix')
  end)
  assert_told_of_todo(sent('fix'))
end)

t.story('Fix of the menu is told of the problems of every server', function()
  with_other_server()
  add_todo()
  t.run('fix', '/TODO<CR>V')
  assert_told_of_todo(sent('fix'))
end)

t.story('the other server goes, and this one stays', function()
  with_other_server()
  t.stop(t.server('other'))
  t.await('the end of the other server', function()
    return t.server('other') == nil
  end)
  local before = t.lines()
  t.run('refactor', '/def saudação<CR>Vj')
  t.assert_commented(before, t.lines(), 4, 5)
end)
