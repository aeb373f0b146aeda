--- Jobs that the plug-in runs by the request `stackspot-lsp/run`: their answers stream into windows of their own.

local answer = require('stackspot_lsp.answer')
local client_of = require('stackspot_lsp.client')
local mark = require('stackspot_lsp.mark')
local region_of = require('stackspot_lsp.region')
local text = require('stackspot_lsp.text')

local M = {}

---@class stackspot.Job
---@field number integer
---@field client vim.lsp.Client
---@field buffer integer the buffer of the code
---@field params table RunParams
---@field mark? integer follows the range
---@field shown? integer says at its first line that the job works there
---@field title string
---@field state 'running'|'done'|'failed'|'cancelled'
---@field request? integer
---@field answer? stackspot.Answer
---@field row table what the server says of the action
---@field streams boolean the answer is for reading: it is shown from its first word
---@field review boolean the user wants to see the edit before it is made
---@field result? table RunResult

local KEPT = 64
local jobs = {} ---@type stackspot.Job[] the newest last
local by_token = {} ---@type table<string, { job: stackspot.Job, is_answer: boolean }>
local count = 0

local function release(job)
  by_token[job.params.partialResultToken] = nil
  by_token[job.params.workDoneToken] = nil
  mark.hide(job)
  if job.answer then
    answer.flush(job.answer)
    answer.describe(job.answer, { hint = text.say('answer_done') })
  end
end

local function shown_answer(job)
  if not job.answer then
    job.answer = answer.create(job.number, job.params.instruction, function()
      M.cancel(job)
    end)
    answer.describe(job.answer, { title = job.title, row = job.row })
    vim.b[job.answer.buffer].stackspot_job = job.number
    require('stackspot_lsp.attach').make_command(job.answer.buffer)
    answer.show(job.answer)
  end
  return job.answer
end

--- What the result of a job that was to be read says beyond its text.
local function write_sources(job)
  local names = {}
  for _, source in ipairs(job.result.sources or {}) do
    table.insert(names, source.name or source.slug or source.id)
  end
  if #names > 0 then
    answer.append(job.answer, ('\n\n*%s%s*'):format(text.say('sources'), table.concat(names, ', ')))
  end
end

local function usage_of(result)
  local usage = result.usage or {}
  local tokens = usage.inputTokens and usage.outputTokens
    and ('  %d → %d tokens'):format(usage.inputTokens, usage.outputTokens)
  return ('%.1f s%s'):format((usage.totalMs or 0) / 1000, tokens or '')
end

local function on_answered(job)
  local result = job.result
  if result.answer == '' then
    return -- a conversation document, which the server opened
  elseif not job.answer then
    answer.append(shown_answer(job), result.answerMarkdown or result.answer)
  end
  write_sources(job)
  answer.describe(job.answer, { note = usage_of(result) })
  if result.reason then
    text.notify(('%s: %s'):format(job.title, result.reason), vim.log.levels.WARN)
  end
end

local function on_edited(job)
  local result = job.result
  if job.answer and not answer.is_current(job.answer) then
    answer.close(job.answer)
  end
  if result.outcome == 'unchanged' then
    text.notify(text.say('unchanged', job.title))
  elseif result.outcome == 'proposed' then
    -- A tab must not open under the fingers of someone who types.
    local may_open = job.review and vim.fn.mode() == 'n' and vim.api.nvim_get_current_buf() == job.buffer
    if may_open then
      require('stackspot_lsp.preview').open(job.client, job.buffer, result.jobId)
    else
      text.notify(text.say('waits', job.title, result.reason or ''))
    end
  end
end

local function on_failed(job, err)
  job.state = 'failed'
  text.notify_error(err)
  if not job.answer then
    return
  elseif job.has_text then
    answer.append(job.answer, ('\n\n*%s*'):format(text.say('incomplete', err.message)))
    answer.describe(job.answer, { note = text.say('failed') })
  else
    answer.close(job.answer)
  end
end

local function on_cancelled(job)
  if job.state ~= 'running' then
    return
  end
  job.state = 'cancelled'
  release(job)
  if job.answer and job.has_text then
    answer.describe(job.answer, { note = text.say('cancelled') })
  elseif job.answer then
    answer.close(job.answer)
  end
end

local function on_reply(job, err, result)
  if job.state ~= 'running' and not job.presumed_cancelled then
    return
  end
  job.presumed_cancelled = false
  release(job)
  if err then
    on_failed(job, err)
    return
  end
  job.state, job.result = 'done', result
  if result.outcome == 'answered' then
    on_answered(job)
  else
    on_edited(job)
  end
end

--- Runs an action. `params` is RunParams without its tokens.
---@param options { row: table, review?: boolean, title?: string }
---@return stackspot.Job
function M.start(client, buffer, params, options)
  count = count + 1
  params = vim.deepcopy(params)
  params.partialResultToken = ('stackspot-nvim/answer/%d'):format(count)
  -- A plug-in that draws Markdown may fetch its pictures: what is shown of an answer is what the server says may be.
  params.answerMarkdown = true
  params.workDoneToken = ('stackspot-nvim/progress/%d'):format(count)
  local opens_document = params.action == 'ask' and not params.instruction
  local job = {
    number = count, client = client, buffer = buffer, params = params, state = 'running', has_text = false,
    row = options.row, title = options.title or options.row.title or 'StackSpot AI', review = options.review or false,
    streams = not opens_document and (options.row.result == 'answer' or options.row.result == 'remarks'),
    mark = region_of.follow(buffer, region_of.from_lsp(buffer, params.range, client.offset_encoding)),
  }
  table.insert(jobs, job)
  if #jobs > KEPT then
    local oldest = table.remove(jobs, 1)
    region_of.forget(oldest.buffer, oldest.mark)
  end
  by_token[params.partialResultToken] = { job = job, is_answer = true }
  by_token[params.workDoneToken] = { job = job, is_answer = false }
  if job.streams then
    shown_answer(job)
  end
  mark.show(job)
  local sent, request = client_of.request(client, 'stackspot-lsp/run', params, buffer, function(err, reply)
    on_reply(job, err, reply)
  end)
  job.request = request
  if not sent then
    release(job)
    on_failed(job, { message = text.say('server_ended') })
  end
  return job
end

--- The question of a job once more, about what has become of its range.
---@param changes? { instruction?: string, conversationId?: string, agent?: string }
function M.again(job, changes)
  local params = vim.tbl_extend('force', job.params, changes or {})
  local region = region_of.now(job.buffer, job.mark)
  if region then
    params.range = region_of.to_lsp(job.buffer, region, job.client.offset_encoding)
    params.textDocument = { uri = params.textDocument.uri }
  end
  return M.start(job.client, job.buffer, params, { row = job.row, review = job.review, title = job.title })
end

--- Takes a progress value of a job; true where nobody else is to see it.
function M.on_progress(params)
  local known = by_token[params.token]
  if not known then
    return false
  end
  local job, value = known.job, params.value
  if known.is_answer then
    if job.answer and not job.has_text then
      answer.describe(job.answer, { note = text.say('writing') })
    end
    job.has_text = true
    if job.streams then
      answer.append(shown_answer(job), value.markdown or value.delta)
    end
    return true
  end
  job.title = value.kind == 'begin' and value.title or job.title
  if job.answer then
    -- Once the text comes, the latest words of it need no telling.
    local note = not job.has_text and value.message or nil
    answer.describe(job.answer, { title = job.title, note = note })
  end
  if value.kind == 'end' then
    -- The response is right behind, unless the job was cancelled: Neovim hands on no answer to a cancelled request. In an
    -- editor that was busy meanwhile it may still come.
    vim.defer_fn(function()
      job.presumed_cancelled = job.state == 'running'
      on_cancelled(job)
    end, 1000)
  end
  return false
end

--- Stops a job that the plug-in runs.
function M.cancel(job)
  if job.state == 'running' then
    client_of.call(job.client, 'cancel_request', job.request)
    on_cancelled(job)
  end
end

--- What ran on a server that has gone.
function M.lost(client_id)
  for _, job in ipairs(jobs) do
    if job.client.id == client_id and job.state == 'running' then
      release(job)
      on_failed(job, { message = text.say('server_ended') })
    end
  end
end

--- The job of an answer's buffer, else the latest about a buffer, else the latest.
---@return stackspot.Job?
function M.about(buffer)
  local number = vim.b[buffer].stackspot_job
  local latest, latest_here
  for _, job in ipairs(jobs) do
    if job.number == number then
      return job
    end
    latest = job
    latest_here = job.buffer == buffer and job or latest_here
  end
  return latest_here or latest
end

--- The latest answer there is to read: a buffer's own, else the latest.
---@return stackspot.Job?
function M.answered(buffer)
  for i = #jobs, 1, -1 do
    local job = jobs[i]
    if job.answer and vim.api.nvim_buf_is_valid(job.answer.buffer) and (job.buffer == buffer or buffer == nil) then
      return job
    end
  end
end

return M
