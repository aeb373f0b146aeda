-- The further Lua of the README, and the end of the server.

local t = require('harness')

if t.has('0.8') then -- the README gives them for 0.8 or later, and the progress for 0.10 or later
  t.story("the README's keys and progress", function()
    t.open('project/src/totals.rs')
    local before = t.lines()
    vim.cmd('luafile keys.lua')
    if t.has('0.10') then
      vim.cmd('luafile progress.lua')
    end
    t.progress = {}
    t.choose('refactor', 'ggVG', '\\a')
    t.await('a report of progress', function()
      return #t.progress > 1
    end)
    if t.has('0.10') then
      local status = vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
      assert(status:find(t.progress[#t.progress].text, 1, true), 'statusline: ' .. status)
    end
    t.keys('\\A')
    t.await('the end of the progress', function()
      return t.progress[#t.progress].kind == 'end'
    end)
    t.same(t.lines(), before, 'the text')
  end)
end

t.story('the server ends when it is told to', function()
  t.stop(t.server())
  t.await('the end of the server', function()
    return t.server() == nil
  end)
end)

if t.has('0.11') then
  t.story("the README's settings", function()
    vim.cmd('luafile settings.lua')
    t.open('project/src/totals.rs')
    -- The server asks for the settings once it has started; until they are here it goes by its defaults.
    t.await('a title of the settings', function()
      return table.concat(t.menu(t.SELECT_MEAN), '\n'):find('Explicar', 1, true)
    end)
    t.stop(t.server())
    t.await('the end of the server', function()
      return t.server() == nil
    end)
  end)
end
