-- Remarks at their lines, as the user has diagnostics; with the plug-in and without it.

local t = require('harness')

-- Lines (from 1) with a remark of the server.
local function remarked()
  local lines = {}
  for _, it in ipairs(vim.diagnostic.get(0)) do
    if it.source and it.source:find('StackSpot AI', 1, true) then
      table.insert(lines, it.lnum + 1)
    end
  end
  table.sort(lines)
  return lines
end

local function await_remarks(lines)
  t.await('remarks at the lines ' .. vim.inspect(lines), function()
    return vim.deep_equal(remarked(), lines)
  end, remarked)
end

t.story('remarks stand at their lines and follow what is typed; one is applied and undone, another dismissed', function()
  t.open('project/orders.py')
  t.run('review', 'ggVG')
  await_remarks({ 5, 10 })
  vim.cmd('let &undolevels = &undolevels')
  t.keys('ggO# typed above<Esc>')
  local typed = t.lines()
  t.same(typed[1], '# typed above', 'the first line')
  await_remarks({ 6, 11 })
  t.choose('apply', '6G')
  t.await('the suggestion', function()
    return t.lines()[6] == '    # TODO(team): leave out refunds'
  end, t.lines)
  await_remarks({ 11 })
  t.assert_one_undo(typed)
  await_remarks({ 6, 11 })
  t.choose('discard', '11G')
  await_remarks({ 6 })
end)

if pcall(require, 'stackspot_lsp.commands') then
  t.story(':StackSpot review puts remarks at their lines, `next` and `prev` go from one to the other, `dismiss` takes them away', function()
    local buffer = t.open('project/orders.py')
    local function line()
      return vim.fn.line('.')
    end
    t.follow(function()
      vim.cmd('%StackSpot review')
    end)
    await_remarks({ 5, 10 })
    vim.api.nvim_set_current_win(vim.fn.bufwinid(buffer))
    vim.fn.cursor(1, 1)
    local gone_to = {}
    for _, name in ipairs({ 'next', 'next', 'next', 'prev' }) do
      vim.cmd('StackSpot ' .. name)
      table.insert(gone_to, line())
    end
    t.same(gone_to, { 5, 10, 5, 10 }, 'where it went')
    t.await('the words of the remark in a float', function()
      for _, window in ipairs(vim.api.nvim_list_wins()) do
        local text = table.concat(t.lines(vim.api.nvim_win_get_buf(window)), '\n')
        if vim.api.nvim_win_get_config(window).relative ~= '' and text:find("This open end is nobody's", 1, true) then
          return true
        end
      end
    end)
    vim.cmd('StackSpot dismiss')
    await_remarks({ 5 })
    t.messages = {}
    vim.cmd('StackSpot dismiss')
    t.await('a word about a line without a remark', function()
      return table.concat(t.messages, '\n'):find('No remark on this line', 1, true)
    end, function()
      return t.messages
    end)
    vim.cmd('StackSpot! dismiss')
    await_remarks({})
    vim.cmd('StackSpot next')
    t.await('a word about a file without remarks', function()
      return table.concat(t.messages, '\n'):find('No remarks in this file', 1, true)
    end, function()
      return t.messages
    end)
  end)
end
