--- `:checkhealth stackspot_lsp`

local client_of = require('stackspot_lsp.client')

local M = {}

local function check_editor()
  vim.health.start('Neovim')
  if vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok('0.11 or later')
  elseif vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok('0.10: the plug-in runs; the server is started by plain.lua')
  else
    vim.health.error('Neovim 0.10 or later is needed for the plug-in; plain.lua alone works from 0.7 on')
  end
end

local function check_program()
  vim.health.start('The program')
  local program = client_of.program(client_of.of())
  if vim.fn.executable(program) == 0 then
    vim.health.error(('`%s` was not found'):format(program), {
      'Put stackspot-lsp on your PATH, or set `cmd` by vim.lsp.config("stackspot_lsp", { cmd = { "/path/to/stackspot-lsp" } }).',
    })
    return nil
  end
  local ok, ran = pcall(function()
    return vim.system({ program, '--version' }, { text = true }):wait(10000)
  end)
  if not ok or ran.code ~= 0 then
    vim.health.error(('`%s --version` failed'):format(program), ok and vim.trim(ran.stderr or '') or tostring(ran))
    return nil
  end
  vim.health.ok(('%s (%s)'):format(vim.trim(ran.stdout), vim.fn.exepath(program)))
  return program
end

local function is_enabled()
  if vim.lsp.is_enabled then
    return vim.lsp.is_enabled(client_of.NAME)
  end
  return vim.lsp._enabled_configs and vim.lsp._enabled_configs[client_of.NAME] ~= nil
end

--- Asks a running server what it is doing.
local function describe(client)
  local status = client_of.execute_sync(client, 'status')
  local buffers = vim.tbl_count(client.attached_buffers or {})
  vim.health.ok(('running, buffers attached: %d, positions in %s'):format(buffers, client.offset_encoding))
  if not status then
    vim.health.warn('it does not answer `stackspot-lsp.status` within half a second', 'See :StackSpot log.')
    return
  end
  local agent = type(status.agent) == 'string' and status.agent or 'none chosen'
  vim.health.info(('agent: %s, token: %s, jobs: %d'):format(agent, status.token, #status.jobs))
  if status.sandbox then
    vim.health.info('it runs on the sandbox: no account is asked, and what follows is about the account')
  end
end

local function check_server()
  vim.health.start('The server')
  local clients = vim.lsp.get_clients({ name = client_of.NAME })
  if #clients == 0 then
    if vim.fn.has('nvim-0.11') == 1 and not is_enabled() then
      vim.health.warn('it is not enabled', "Add vim.lsp.enable('stackspot_lsp') to your init.lua.")
    else
      vim.health.warn('it is not running', {
        'Open a file: the server starts with the first one.',
        'If it ended at once, :lua vim.cmd.edit(vim.lsp.log.get_filename()) shows the reason.',
      })
    end
    return
  end
  for _, client in ipairs(clients) do
    describe(client)
  end
  if #clients > 1 then
    vim.health.warn(('%d servers are running'):format(#clients), {
      'One is enough for all files. Is plain.lua in your configuration, beside vim.lsp.enable()?',
    })
  end
end

local function check_account(program)
  vim.health.start('The account (stackspot-lsp doctor)')
  local environment = client_of.environment(client_of.of())
  local ok, ran = pcall(function()
    return vim.system({ program, 'doctor', '--json', '--no-ask' }, { text = true, env = environment }):wait(60000)
  end)
  local parsed, report = pcall(vim.json.decode, ok and ran.stdout or '')
  if not parsed then
    vim.health.error('the doctor did not answer', ok and vim.trim(ran.stderr or '') or tostring(ran))
    return
  end
  local client = client_of.of()
  local status = client and client_of.execute_sync(client, 'status')
  -- The sandbox needs no account, so that nothing is wrong without one.
  local failed = status and status.sandbox and vim.health.warn or vim.health.error
  local level = { ok = vim.health.ok, warning = vim.health.warn, failed = failed }
  for _, check in ipairs(report.checks) do
    (level[check.state] or vim.health.info)(('%s: %s'):format(check.check, check.message))
  end
end

function M.check()
  check_editor()
  local program = check_program()
  check_server()
  if program then
    check_account(program)
  end
end

return M
