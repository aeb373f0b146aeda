--- `:StackSpot NAME …`: names of actions, and what no action does.

local client_of = require('stackspot_lsp.client')
local jobs = require('stackspot_lsp.jobs')
local region_of = require('stackspot_lsp.region')
local text = require('stackspot_lsp.text')

local M = {}

local subcommands = {} -- what no action does
local BUILT_IN = vim.g.stackspot_lsp_actions

--- The buffer of the code that a buffer is about: its own, but for answers and previews.
function M.code_buffer(buffer)
  local job = vim.b[buffer].stackspot_job and jobs.about(buffer)
  return job and job.buffer or vim.b[buffer].stackspot_source or buffer
end

local function is_own(buffer)
  return vim.b[buffer].stackspot_job ~= nil or vim.b[buffer].stackspot_source ~= nil
end

local function with_client(buffer, go_on)
  local client = client_of.of(buffer)
  if client then
    go_on(client)
  else
    text.notify(text.say('no_server'), vim.log.levels.WARN)
  end
end

--- Asks for words where there are none; an empty answer stops.
local function with_words(words, prompt, go_on)
  if words ~= '' then
    go_on(words)
    return
  end
  vim.ui.input({ prompt = prompt }, function(answer)
    if answer and vim.trim(answer) ~= '' then
      go_on(answer)
    end
  end)
end

--- Adds to RunParams what only the editor knows: the problems that other servers report, and the agent that was chosen.
local function complete_params(client, buffer, params)
  if params.action == 'fix' or not vim.list_contains(BUILT_IN, params.action) then
    local region = region_of.from_lsp(buffer, params.range, client.offset_encoding)
    local problems = region_of.diagnostics(buffer, region, client.offset_encoding)
    params.diagnostics = #problems > 0 and problems or params.diagnostics
  end
  params.agent = params.agent or require('stackspot_lsp.agent').chosen(client)
  return params
end

--- Runs RunParams. `row` is what the server says of the action.
function M.run_params(client, buffer, params, row)
  local reviews = vim.tbl_get(client.settings or {}, 'stackspot-lsp', 'edit', 'apply') == 'review' or params.apply == 'review'
  local changes = row.result == 'replace' or row.result == 'insert'
  if (changes or row.result == 'file') and vim.api.nvim_buf_get_name(buffer) == '' then
    text.notify(text.say('no_name'), vim.log.levels.WARN)
    return
  end
  if changes and not reviews and not vim.bo[buffer].modifiable then
    text.notify(text.say('not_modifiable', params.action), vim.log.levels.WARN)
    return
  end
  jobs.start(client, buffer, complete_params(client, buffer, params), {
    row = row,
    review = reviews or row.result == 'file',
  })
end

--- Runs an entry of the code action menu. The entry does not say what its result is, so the server is asked.
function M.run_entry(client, buffer, params)
  client_of.action(client, params.action, buffer, function(row)
    M.run_params(client, buffer, params, row or {}) -- the server says so if there is no such action
  end)
end

local function params_of(client, buffer, action, region)
  return {
    action = action,
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    range = region_of.to_lsp(buffer, region, client.offset_encoding),
  }
end

--- Goes on with the buffer of code that the user is in.
local function with_code(go_on)
  local buffer = vim.api.nvim_get_current_buf()
  if is_own(buffer) then
    text.notify(text.say('no_text'), vim.log.levels.WARN)
    return
  end
  with_client(buffer, function(client)
    go_on(client, buffer)
  end)
end

--- Says which commands there are.
local function no_such_command(client, buffer, name)
  client_of.actions(client, buffer, function(list)
    text.notify(text.say('no_such_command', name, table.concat(M.names(list), ', ')), vim.log.levels.ERROR)
  end)
end

--- Runs an action on what the command names.
---@param command { range: integer, line1: integer, line2: integer, bang: boolean, words: string }
function M.run_action(action, command)
  with_code(function(client, buffer)
    local region = region_of.of_command(buffer, command)
    local mark = region_of.follow(buffer, region) -- the text may change until the server has answered
    client_of.action(client, action, buffer, function(row)
      region = region_of.now(buffer, mark) or region
      region_of.forget(buffer, mark)
      local function go_on(words)
        local params = params_of(client, buffer, action, region)
        params.instruction = words ~= '' and words or nil
        params.apply = command.bang and 'review' or nil
        M.run_params(client, buffer, params, row)
      end
      if not row then
        no_such_command(client, buffer, action)
      elseif action == 'ask' then
        with_words(command.words, text.say('ask'), go_on)
      elseif row.needsInstruction then
        with_words(command.words, text.say('instruction', row.title), go_on)
      else
        go_on(command.words)
      end
    end)
  end)
end

--- The names of the actions; `list` is what the server says of them.
function M.actions(list)
  local all = vim.list_slice(BUILT_IN)
  for _, row in ipairs(list) do
    if not vim.list_contains(all, row.action) then
      table.insert(all, row.action)
    end
  end
  return all
end

--- What can stand behind `:StackSpot`, sorted.
function M.names(list)
  local all = vim.list_extend(M.actions(list), vim.tbl_keys(subcommands))
  table.sort(all)
  return all
end

--- The actions as a list to choose from; in a conversation what can be done with it, sending first.
function subcommands.actions(command)
  local buffer = vim.api.nvim_get_current_buf()
  if vim.b[buffer].stackspot_conversation then
    require('stackspot_lsp').menu()
    return
  end
  local window = vim.api.nvim_get_current_win()
  with_client(buffer, function(client)
    client_of.actions(client, buffer, function(list)
      local options = {
        prompt = text.say('which_action'),
        format_item = function(row)
          return row.title
        end,
      }
      vim.ui.select(list, options, function(row)
        if row and vim.api.nvim_win_is_valid(window) then
          vim.api.nvim_set_current_win(window)
          M.run_action(row.action, command)
        end
      end)
    end)
  end)
end

--- A conversation document about the selection.
function subcommands.chat(command)
  with_code(function(client, buffer)
    local params = params_of(client, buffer, 'ask', region_of.of_command(buffer, command))
    client_of.execute(client, 'run', complete_params(client, buffer, params), buffer)
  end)
end

--- Sends the question of the conversation that the user is in.
function subcommands.send()
  require('stackspot_lsp.conversation').send(vim.api.nvim_get_current_buf())
end

--- The conversations so far.
function subcommands.chats()
  require('stackspot_lsp.conversation').choose()
end

--- What you added to the next question.
function subcommands.context(command)
  local buffer = vim.api.nvim_get_current_buf()
  with_client(buffer, function(client)
    require('stackspot_lsp.context').run(client, M.code_buffer(buffer), command)
  end)
end

--- What an action would send; nothing is sent.
function subcommands.prompt(command)
  with_code(function(client, buffer)
    local action, words = command.words:match('^(%S*)%s*(.*)$')
    local params = params_of(client, buffer, action ~= '' and action or 'explain', region_of.of_command(buffer, command))
    params.instruction = words ~= '' and words or nil
    client_of.execute(client, 'showPrompt', { run = complete_params(client, buffer, params) }, buffer)
  end)
end

--- Goes on with the conversation of a job.
function subcommands.followup(command)
  local job = jobs.about(vim.api.nvim_get_current_buf())
  if not job or not job.result then
    text.notify(text.say('no_answer'), vim.log.levels.WARN)
    return
  end
  with_words(command.words, text.say('follow_up'), function(words)
    jobs.again(job, { instruction = words, conversationId = job.result.conversationId })
  end)
end

function subcommands.retry()
  local job = jobs.about(vim.api.nvim_get_current_buf())
  if job then
    jobs.again(job, { agent = require('stackspot_lsp.agent').chosen(job.client) })
  else
    text.notify(text.say('no_answer'), vim.log.levels.WARN)
  end
end

--- Stops what runs on this file; with a bang, everything.
function subcommands.cancel(command)
  local buffer = vim.api.nvim_get_current_buf()
  local job = vim.b[buffer].stackspot_job and jobs.about(buffer)
  if job then
    jobs.cancel(job)
    return
  end
  with_client(buffer, function(client)
    local document = not command.bang and { textDocument = { uri = vim.uri_from_bufnr(M.code_buffer(buffer)) } } or nil
    client_of.execute(client, 'cancel', document, buffer, function(reply, err)
      if err or reply.cancelled == 0 then
        text.notify_error(err or { message = text.say('cancelled_none') }, vim.log.levels.INFO)
      end
    end)
  end)
end

--- Goes to the answer about this file, else to the latest.
function subcommands.answer()
  local buffer = vim.api.nvim_get_current_buf()
  local job = jobs.answered(buffer) or jobs.answered()
  if job then
    require('stackspot_lsp.answer').enter(job.answer)
  else
    -- The server may know one from before the plug-in was there.
    with_client(buffer, function(client)
      client_of.execute(client, 'showAnswer', nil, buffer, function(_, err)
        if err then
          text.notify(text.say('no_answer'))
        end
      end)
    end)
  end
end

for _, name in ipairs({ 'apply', 'discard', 'preview' }) do
  subcommands[name] = function()
    local buffer = vim.api.nvim_get_current_buf()
    with_client(buffer, function(client)
      require('stackspot_lsp.waiting')[name](client, M.code_buffer(buffer))
    end)
  end
end

for name, go in pairs({ next = 'next', prev = 'previous' }) do
  subcommands[name] = function()
    with_client(vim.api.nvim_get_current_buf(), require('stackspot_lsp.remarks')[go])
  end
end

--- Takes remarks away: those on the lines of the command, with a bang all of the file.
function subcommands.dismiss(command)
  with_code(function(client, buffer)
    require('stackspot_lsp.remarks').dismiss(client, buffer, command)
  end)
end

function subcommands.agent(command)
  with_client(vim.api.nvim_get_current_buf(), function(client)
    require('stackspot_lsp.agent').choose(client, command.words)
  end)
end

for _, name in ipairs({ 'status', 'log', 'doctor', 'login' }) do
  subcommands[name] = function()
    require('stackspot_lsp.report')[name](client_of.of(vim.api.nvim_get_current_buf()))
  end
end

--- The handler of `:StackSpot`.
function M.run(command)
  local name, bang = (command.fargs[1] or 'actions'):match('^(.-)(!?)$')
  command.bang = command.bang or bang == '!' -- `:StackSpot cancel!` is meant as `:StackSpot! cancel`
  command.words = vim.trim((command.args:gsub('^%s*%S+', '', 1)))
  if subcommands[name] then
    subcommands[name](command)
  else
    M.run_action(name, command)
  end
end

return M
