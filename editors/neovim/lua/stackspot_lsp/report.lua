--- What the server can tell of itself: `:StackSpot status`, `log` and `doctor`.

local client_of = require('stackspot_lsp.client')
local text = require('stackspot_lsp.text')

local M = {}

--- Shows lines in a scratch split; q closes it.
local function split(name, lines)
  local buffer = vim.fn.bufadd('stackspot-lsp://' .. name)
  vim.fn.bufload(buffer)
  vim.bo[buffer].buftype = 'nofile'
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then
    window = vim.api.nvim_open_win(buffer, true, { split = 'below', win = -1, height = math.max(6, #lines + 1) })
  end
  vim.wo[window][0].wrap = true
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, nowait = true })
  require('stackspot_lsp.attach').make_command(buffer)
  return buffer
end

local function no_server()
  text.notify(text.say('no_server'), vim.log.levels.WARN)
end

function M.status(client)
  if not client then
    no_server()
    return
  end
  client_of.execute(client, 'status', nil, nil, function(status, err)
    if err then
      text.notify_error(err)
      return
    end
    local agent = type(status.agent) == 'string' and status.agent or text.say('status_default')
    local usage = status.usage
    local lines = {
      text.say('status_agent', agent) .. (status.sandbox and text.say('status_sandbox') or ''),
      text.say('status_token', text.state(status.token)),
      text.say('status_usage', usage.requests, usage.inputTokens, usage.outputTokens),
    }
    for _, job in ipairs(status.jobs) do
      table.insert(lines, ('%s  %s  %s'):format(job.action, text.state(job.state), vim.fn.fnamemodify(vim.uri_to_fname(job.uri), ':~:.')))
    end
    if #status.jobs == 0 then
      table.insert(lines, text.say('status_idle'))
    end
    text.notify(table.concat(lines, '\n'))
  end)
end

--- Opens Neovim's log of its servers, where this one's own messages stand, at its end.
function M.log()
  vim.cmd.split(vim.fn.fnameescape(require('vim.lsp.log').get_filename()))
  vim.bo.readonly = true
  vim.cmd('normal! G')
end

--- Runs `stackspot-lsp doctor` as the server is run.
function M.doctor(client)
  local command = { client_of.program(client), 'doctor' }
  local buffer = split('doctor', { '$ ' .. table.concat(command, ' '), '' })
  local function append(chunk)
    if chunk and vim.api.nvim_buf_is_valid(buffer) then
      vim.api.nvim_buf_set_text(buffer, -1, -1, -1, -1, vim.split(chunk, '\n', { plain = true }))
    end
  end
  local function on_output(_, chunk)
    vim.schedule(function()
      append(chunk)
    end)
  end
  local environment = client_of.environment(client)
  local ok, err = pcall(vim.system, command, { text = true, env = environment, stdout = on_output, stderr = on_output })
  if not ok then
    append(tostring(err))
  end
end

--- Signs in with the portal's curl commands, which are on the clipboard: a secret is never typed where it shows.
function M.login(client)
  local read, pasted = pcall(vim.fn.getreg, '+')
  if not read or not pasted:find('curl', 1, true) then
    text.notify(text.say('no_curl'), vim.log.levels.WARN)
    return
  end
  local command = { client_of.program(client), 'login', '--from-curl' }
  local function on_end(result)
    vim.schedule(function()
      local said = vim.trim(result.stderr or '')
      if result.code == 0 then
        text.notify(said .. '\n' .. text.say('signed_in'))
      else
        text.notify(said, vim.log.levels.ERROR)
      end
    end)
  end
  local environment = client_of.environment(client)
  local ok, err = pcall(vim.system, command, { text = true, env = environment, stdin = pasted }, on_end)
  if not ok then
    text.notify(tostring(err), vim.log.levels.ERROR)
  end
end

return M
