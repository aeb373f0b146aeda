--- Choosing the agent that is asked from now on.

local client_of = require('stackspot_lsp.client')
local text = require('stackspot_lsp.text')

local M = {}

local configured = {} -- what the user's settings say, by client
local chosen = {} -- what was chosen since, by client

--- Sets the default agent of a running server; nil is the one of the user's settings.
local function set(client, id)
  chosen[client.id] = id
  local settings = vim.deepcopy(client.settings or {})
  local own = settings['stackspot-lsp'] or {}
  if configured[client.id] == nil then
    configured[client.id] = own.agent or false
  end
  own.agent = id or configured[client.id] or nil
  settings['stackspot-lsp'] = own
  client.settings = settings
  client_of.call(client, 'notify', 'workspace/didChangeConfiguration', { settings = settings })
end

--- The agent that was chosen, if any. A server takes a moment to ask for changed settings; a job that starts meanwhile
--- names its agent itself.
function M.chosen(client)
  return chosen[client.id]
end

--- The agents of the settings are known at once; those of the account are fetched when first asked for, so the list is
--- asked for again until it stays the same.
local function list(client, on_list)
  local rounds, before = 0, nil
  local function ask()
    client_of.execute(client, 'agents', nil, nil, function(agents, err)
      agents = agents or {}
      rounds = rounds + 1
      if err or rounds >= 10 or rounds > 2 and #agents > 0 and #agents == before then
        on_list(agents)
        return
      end
      before = #agents
      vim.defer_fn(ask, 200)
    end)
  end
  ask()
end

--- Sets an agent by name or id, or lets the user choose.
function M.choose(client, name)
  local function take(id, shown)
    set(client, id)
    text.notify(text.say('agent_chosen', shown))
  end
  if name ~= '' then
    take(name, name)
    return
  end
  list(client, function(agents)
    if #agents == 0 then
      text.notify(text.say('no_agents'), vim.log.levels.WARN)
      return
    end
    table.insert(agents, { name = text.say('default_agent') })
    local options = {
      prompt = text.say('which_agent'),
      format_item = function(agent)
        return agent.id and ('%s  %s'):format(agent.name, agent.id) or agent.name
      end,
    }
    vim.ui.select(agents, options, function(agent)
      if agent then
        take(agent.id, agent.name)
      end
    end)
  end)
end

return M
