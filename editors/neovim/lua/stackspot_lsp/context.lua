--- What you added to the next question: this file, lines, problems, changes and other files are added, listed with their sizes
--- and taken off.

local client_of = require('stackspot_lsp.client')
local region_of = require('stackspot_lsp.region')
local text = require('stackspot_lsp.text')

local M = {}

--- What can stand behind `:StackSpot context`.
M.verbs = { 'add', 'clear', 'list', 'remove' }

local function described(part)
  return part.problem and ('%s (%s)'):format(part.name, part.problem) or text.say('context_part', part.name, part.chars)
end

local function total(carried)
  return text.say('context_total', #carried.parts, carried.chars, carried.budget)
end

--- Tells what is carried, a line for each part.
local function tell(carried)
  local lines = { #carried.parts > 0 and total(carried) or text.say('context_none') }
  for _, part in ipairs(carried.parts) do
    table.insert(lines, '- ' .. described(part))
  end
  text.notify(table.concat(lines, '\n'))
end

--- Sends a step, and goes on with what is carried then.
local function step(client, buffer, argument, go_on)
  client_of.execute(client, 'context', argument, buffer, function(carried, err)
    if err then
      text.notify_error(err, vim.log.levels.WARN)
    else
      go_on(carried)
    end
  end)
end

local function choose(items, prompt, buffer_window, go_on)
  local options = {
    prompt = prompt,
    format_item = function(item)
      return item.label
    end,
  }
  vim.ui.select(items, options, function(item)
    if item and vim.api.nvim_win_is_valid(buffer_window) then
      go_on(item)
    end
  end)
end

--- The argument that adds a file by its path.
local function file(path)
  return { add = 'file', textDocument = { uri = vim.uri_from_fname(vim.fn.fnamemodify(path, ':p')) } }
end

--- What can be added from a buffer: the region of the command, or the whole file, its problems, the changes.
local function additions(client, buffer, command)
  local document = { uri = vim.uri_from_bufnr(buffer) }
  local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':t')
  local items = {}
  local function add(kind, label, more)
    local argument = vim.tbl_extend('force', { add = kind, textDocument = document }, more or {})
    table.insert(items, { kind = kind, label = label, argument = argument })
  end
  if command.range > 0 and buffer == vim.api.nvim_get_current_buf() then
    local region = region_of.of_command(buffer, command)
    local label = text.say('context_add_lines', name, region.start[1] + 1, region.finish[1] + 1)
    add('lines', label, { range = region_of.to_lsp(buffer, region, client.offset_encoding) })
  end
  add('file', text.say('context_add_file', name))
  local last = vim.api.nvim_buf_line_count(buffer)
  local problems = region_of.diagnostics(buffer, { start = { 0, 0 }, finish = { last, 0 } }, client.offset_encoding)
  if #problems > 0 then
    add('problems', text.say('context_add_problems', name), { diagnostics = problems })
  end
  add('changes', text.say('context_add_changes'))
  return items
end

--- The parts to take off.
local function removals(carried)
  local items = {}
  for _, part in ipairs(carried.parts) do
    table.insert(items, { label = text.say('context_take_off', described(part)), argument = { remove = part.id } })
  end
  if #items > 1 then
    table.insert(items, { label = text.say('context_clear'), argument = { clear = true } })
  end
  return items
end

--- Adds what the words name: a file, `problems`, `changes`; without any the lines of the command, else the file itself.
local function add(client, buffer, command, what)
  local argument
  for _, item in ipairs(additions(client, buffer, command)) do
    argument = argument or (what == '' or what == item.kind) and item.argument or nil
  end
  if what == 'problems' and not argument then
    text.notify(text.say('context_no_problems'))
    return
  end
  step(client, buffer, argument or file(what), tell)
end

--- The handler of `:StackSpot context`.
---@param buffer integer the buffer of the code
function M.run(client, buffer, command)
  local window = vim.api.nvim_get_current_win()
  local verb, rest = command.words:match('^(%S*)%s*(.*)$')
  if verb == 'add' then
    add(client, buffer, command, rest)
  elseif verb == 'clear' then
    step(client, buffer, { clear = true }, tell)
  elseif verb == 'list' then
    step(client, buffer, nil, tell)
  else
    step(client, buffer, nil, function(carried)
      local items = removals(carried)
      if verb ~= 'remove' then
        local more = additions(client, buffer, command)
        table.insert(more, { label = text.say('context_add_other') })
        items = vim.list_extend(items, more)
      elseif #items == 0 then
        tell(carried)
        return
      end
      choose(items, #carried.parts > 0 and total(carried) or text.say('context_none'), window, function(item)
        if item.argument then
          step(client, buffer, item.argument, tell)
          return
        end
        vim.ui.input({ prompt = text.say('context_which_file'), completion = 'file' }, function(path)
          if path and vim.trim(path) ~= '' then
            step(client, buffer, file(vim.trim(path)), tell)
          end
        end)
      end)
    end)
  end
end

return M
