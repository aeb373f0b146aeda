--- A waiting edit as a real diff in a tab: the text of today beside what would become of it.

local client_of = require('stackspot_lsp.client')
local text = require('stackspot_lsp.text')

local M = {}

--- The changes of one document in a WorkspaceEdit: its URI and its text edits.
local function document_change(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.textDocument then
      return change.textDocument.uri, change.edits
    end
  end
  local uri, edits = next(edit.changes or {})
  return uri, edits
end

local function document_edits(edit)
  local _, edits = document_change(edit)
  return edits or {}
end

--- The text edits without annotations: here the user confirms by a key.
local function plain(edits)
  return vim.tbl_map(function(edit)
    return { range = edit.range, newText = edit.newText }
  end, edits)
end

local function scratch(lines, filetype, name)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].modifiable = true -- `nvim -M` makes new buffers that cannot be changed
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  -- The parser and the syntax, without the servers and plug-ins that a file type brings.
  pcall(vim.treesitter.start, buffer, vim.treesitter.language.get_lang(filetype) or filetype)
  vim.bo[buffer].syntax = vim.treesitter.highlighter.active[buffer] and '' or filetype
  pcall(vim.api.nvim_buf_set_name, buffer, name)
  return buffer
end

local function apply_to(buffer, today, edits, encoding)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, today)
  vim.lsp.util.apply_text_edits(plain(edits), buffer, encoding)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
end

---@class stackspot.Preview
---@field tab integer
---@field today integer buffer
---@field result integer buffer

--- What stands over a side; where there is little room the last of the label goes first.
local function bar(label, hint)
  -- The keys are behind the title, and are what is cut where there is little room.
  return ('%s%%<%%= %s'):format((label:gsub('%%', '%%%%')), hint or '')
end

--- Asks for the edit for the text as it is now, and hands on its document and changes.
local function proposal(client, buffer, job_id, on_edit)
  client_of.execute(client, 'proposal', { jobId = job_id }, buffer, function(reply, err)
    local uri, edits = document_change(reply and reply.edit or {})
    on_edit(uri, edits or {}, reply and reply.reason, err, reply and reply.parts or {})
  end)
end

--- The number of the change that a line of the result belongs to; both count lines from 0.
local function part_at(parts, line)
  local grown = 0
  for _, part in ipairs(parts) do
    local first, last, growth = part.range.start.line, part.range['end'].line, 0
    for _, change in ipairs(document_edits(part.edit)) do
      local _, breaks = change.newText:gsub('\n', '')
      growth = growth + breaks - (change.range['end'].line - change.range.start.line)
    end
    -- What ends before a line ends with the one above.
    local ends_above = part.range['end'].character == 0 and (last > first or growth > 0)
    if line >= first + grown and line <= last + grown + growth - (ends_above and 1 or 0) then
      return part.part
    end
    grown = grown + growth
  end
end

local function close(preview)
  if vim.api.nvim_tabpage_is_valid(preview.tab) and #vim.api.nvim_list_tabpages() > 1 then
    vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(preview.tab))
  elseif vim.api.nvim_buf_is_valid(preview.result) then
    vim.api.nvim_buf_delete(preview.result, { force = true }) -- the user has closed all other tabs
  end
end

local NARROW = 90 -- columns

--- What the tab is called: the file first, for tabs are cut from the right.
local function result_name(path)
  local name = ('%s (StackSpot)'):format(vim.fs.basename(path))
  for number = 2, 99 do
    if vim.fn.bufexists(name) == 0 then
      break
    end
    name = ('%s (StackSpot %d)'):format(vim.fs.basename(path), number)
  end
  return name
end

--- Opens the tab.
function M.open(client, buffer, job_id)
  proposal(client, buffer, job_id, function(uri, edits, reason, err)
    if not uri then
      text.notify_error(err or { message = text.say('nothing_waits') }, vim.log.levels.WARN)
      return
    end
    local path = vim.uri_to_fname(uri)
    local name = vim.fn.fnamemodify(path, ':~:.')
    local is_new = vim.fn.bufloaded(path) == 0 and vim.fn.filereadable(path) == 0
    local filetype = vim.filetype.match({ filename = path }) or ''
    local today = is_new and scratch({}, filetype, ('%s (%s)'):format(vim.fs.basename(path), text.say('new_file'))) or vim.fn.bufadd(path)
    vim.fn.bufload(today)

    local function today_lines()
      return vim.api.nvim_buf_get_lines(today, 0, -1, false)
    end
    local result = scratch({}, filetype, result_name(path))
    apply_to(result, today_lines(), edits, client.offset_encoding)

    vim.cmd('tab split')
    local preview = { tab = vim.api.nvim_get_current_tabpage(), today = today, result = result }
    vim.api.nvim_win_set_buf(0, today)
    if is_new then
      vim.bo[today].modifiable = false
    end
    vim.cmd.diffthis()
    vim.wo[0][0].winbar = bar(('%s · %s'):format(is_new and text.say('new_file') or text.say('preview_today'), name))
    -- Columns that hold no line of code are of no use: there, one stands below the other.
    local side = vim.o.columns >= NARROW and 'right' or 'below'
    local window = vim.api.nvim_open_win(result, true, { split = side, win = 0 })
    vim.cmd.diffthis()
    vim.wo[window][0].winbar = bar(text.say('preview_then'), text.say('preview_keys'))
    vim.wo[window][0].number = vim.wo[vim.fn.bufwinid(today)].number
    vim.cmd('silent! normal! gg]c')
    vim.api.nvim_echo({ { reason or '' } }, false, {})

    local refresh
    local function map(key, action)
      vim.keymap.set('n', key, action, { buffer = result, nowait = true })
    end
    map('q', function()
      close(preview)
    end)
    map('a', function()
      close(preview)
      require('stackspot_lsp.waiting').apply(client, buffer, job_id)
    end)
    map('x', function()
      close(preview)
      client_of.execute(client, 'discard', { jobId = job_id }, buffer)
    end)
    --- Makes or forgets the change at the cursor; the diff shows what still waits.
    local function one(step)
      return function()
        local line = vim.api.nvim_win_get_cursor(vim.fn.bufwinid(result))[1] - 1
        proposal(client, buffer, job_id, function(_, _, _, refused, parts)
          local part = part_at(parts, line)
          if not part then
            text.notify(refused and refused.message or text.say(#parts > 0 and 'no_change_here' or 'one_change'))
            return
          end
          client_of.execute(client, step, { jobId = job_id, part = part }, buffer, function(_, failed)
            if failed then
              text.notify_error(failed)
            elseif #parts == 1 then
              close(preview)
            elseif step == 'discard' then
              refresh()
            end
          end)
        end)
      end
    end
    map('A', one('apply'))
    map('X', one('discard'))
    vim.b[result].stackspot_source = buffer
    require('stackspot_lsp.attach').make_command(result)

    function refresh()
      proposal(client, buffer, job_id, function(still, changes)
        if vim.api.nvim_buf_is_valid(result) and still then
          apply_to(result, today_lines(), changes, client.offset_encoding)
          vim.cmd('silent! diffupdate')
        end
      end)
    end
    local group = vim.api.nvim_create_augroup('stackspot_lsp.preview.' .. result, {})
    -- The result is that of the text as it is: what is typed meanwhile shows in it.
    vim.api.nvim_create_autocmd({ 'TextChanged', 'InsertLeave' }, {
      group = group,
      buffer = today,
      callback = refresh,
    })
    vim.api.nvim_create_autocmd('BufWipeout', {
      group = group,
      buffer = result,
      callback = function()
        vim.api.nvim_del_augroup_by_id(group)
        -- The buffer of today goes on in other windows, which are no diff.
        for _, shown in ipairs(vim.fn.win_findbuf(today)) do
          vim.api.nvim_win_call(shown, function()
            vim.cmd.diffoff()
          end)
        end
      end,
    })
  end)
end

return M
