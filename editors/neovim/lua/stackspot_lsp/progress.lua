--- What the server is doing, from its progress, for a statusline.

local M = {}

local running = {} -- { key, title, message }[], the oldest first

--- Takes in a progress value.
function M.update(client_id, params)
  local value = params.value
  if type(value) ~= 'table' or not value.kind then
    return
  end
  local key = client_id .. '/' .. tostring(params.token)
  local before = M.text()
  local at
  for i, job in ipairs(running) do
    at = job.key == key and i or at
  end
  if value.kind == 'end' then
    if at then
      table.remove(running, at)
    end
  else
    local job = at and running[at] or { key = key }
    job.title = value.kind == 'begin' and value.title or job.title or value.title
    job.message = value.message or job.message
    if not at then
      table.insert(running, job)
    end
  end
  if M.text() ~= before then
    vim.cmd.redrawstatus()
  end
end

--- Forgets what a server that has gone will not end any more.
function M.forget(client_id)
  running = vim.tbl_filter(function(job)
    return not vim.startswith(job.key, client_id .. '/')
  end, running)
end

--- A statusline has little room: no file's name, and no more than this of what is happening.
local CHARACTERS = 60

--- The latest job; how many there are, where there are several.
---@return string
function M.text()
  local job = running[#running]
  if not job then
    return ''
  end
  local title = vim.split(job.title or 'StackSpot AI', ' · ', { plain = true })[1]
  local text = (job.message and ('%s: %s'):format(title, job.message) or title):gsub('%c', ' ')
  if vim.fn.strchars(text) > CHARACTERS then
    text = vim.fn.strcharpart(text, 0, CHARACTERS - 1) .. '…'
  end
  return #running > 1 and ('(%d) %s'):format(#running, text) or text
end

return M
