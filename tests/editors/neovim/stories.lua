-- What a user does in Neovim, on the committed configuration and a real server in its sandbox.
--
-- `run-neovim.sh` starts the editor with a configuration made as editors/neovim/README.md says, in a folder with
-- `project/` (a project), `alone/notes.lua` (a file of no project), and the README's other Lua as `keys.lua`,
-- `progress.lua` and `settings.lua`, and loads this file. `STORIES` names the files of stories, beside this one. It
-- prints a line per story and ends the editor with code 0 when all passed. `STORIES_ONLY` is a Lua pattern for their names.

local folder = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
package.path = folder .. '/?.lua;' .. package.path

local t = require('harness')
local started = t.uv.hrtime()
local function say(text)
  io.stdout:write(('%6.2f  %s\n'):format((t.uv.hrtime() - started) / 1e9, text))
  io.stdout:flush()
end

local failed = 0
local function fail(text)
  failed = failed + 1
  say('FAIL  ' .. text)
end

for _, name in ipairs(vim.split(vim.env.STORIES, ' ')) do
  dofile(('%s/%s.lua'):format(folder, name))
end

t.stories = vim.tbl_filter(function(each)
  return each.name:find(vim.env.STORIES_ONLY or '')
end, t.stories)
for _, each in ipairs(t.stories) do
  local ok, err = xpcall(each.run, function(err)
    return type(err) == 'string' and err or vim.inspect(err)
  end)
  if ok then
    say('PASS  ' .. each.name)
  else
    fail(each.name)
    say('      ' .. err)
    if vim.env.STORIES_TRACE then
      say('      progress ' .. vim.inspect(t.progress) .. ' messages ' .. vim.inspect(t.messages))
    end
    if not t.server() and each ~= t.stories[#t.stories] then
      fail('the stories after it: there is no server')
      break
    end
    -- The next story begins with nothing at work.
    pcall(t.execute, 'cancel')
  end
end
if #t.stories == 0 then
  fail('there are no stories')
end
-- An editor that quits at once does not wait for the end of its servers.
if t.server() then
  t.stop(t.server())
  vim.wait(5000, function()
    return t.server() == nil
  end)
end
vim.cmd(failed == 0 and 'qall!' or 'cquit!')
