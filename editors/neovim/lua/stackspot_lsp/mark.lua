--- Where a job works: the first line of its range says so while it runs. The mark goes with the text.

local region_of = require('stackspot_lsp.region')
local text = require('stackspot_lsp.text')

local M = {}

local namespace = vim.api.nvim_create_namespace('stackspot_lsp.mark')

vim.api.nvim_set_hl(0, 'StackSpotJob', { link = 'Comment', default = true })

--- Marks what a job is about.
---@param job stackspot.Job
function M.show(job)
  local region = region_of.now(job.buffer, job.mark)
  if not region then
    return
  end
  -- A narrow window has room for the first word.
  local words = ('  ⋯ %s'):format(text.say('works', job.params.action))
  local ok, id = pcall(vim.api.nvim_buf_set_extmark, job.buffer, namespace, region.start[1], 0, {
    virt_text = { { words, 'StackSpotJob' } },
    hl_mode = 'combine',
  })
  job.shown = ok and id or nil
end

--- Takes it away.
function M.hide(job)
  if job.shown and vim.api.nvim_buf_is_valid(job.buffer) then
    pcall(vim.api.nvim_buf_del_extmark, job.buffer, namespace, job.shown)
  end
  job.shown = nil
end

return M
