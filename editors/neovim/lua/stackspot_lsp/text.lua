--- What the plug-in itself says, in the language that the server uses. Titles, progress and errors come from the server.

local M = {}

local texts = {
  en = {
    ask = 'Ask StackSpot AI: ',
    edit = 'Edit with StackSpot AI: ',
    instruction = '%s: ',
    follow_up = 'Follow up: ',
    which_action = 'StackSpot AI',
    which_agent = 'Agent of StackSpot AI',
    which_edit = 'Which edit?',
    default_agent = 'the default of your settings',
    agent_chosen = 'StackSpot AI asks %s from now on, until Neovim ends.',
    no_agents = 'The credential sees no agents, and the settings name none. `:checkhealth stackspot_lsp` may tell why.',
    no_server = 'No StackSpot AI server is running. `:checkhealth stackspot_lsp` tells why.',
    no_such_command = 'There is no "%s"; there are: %s.',
    nothing_waits = 'No edit of StackSpot AI waits in this file.',
    no_answer = 'StackSpot AI has not answered anything yet.',
    no_text = 'This is no text to ask about. Go to the window of your code.',
    not_modifiable = "This buffer cannot be changed ('modifiable' is off), so nothing was asked. `:StackSpot! %s` shows the edit without making it.",
    cancelled_none = 'StackSpot AI is doing nothing here.',
    answer_keys = '<C-c> cancels  q closes',
    answer_done = 'q closes  :StackSpot followup',
    writing = 'writing …',
    cancelled = 'cancelled',
    failed = 'failed',
    incomplete = 'The answer is incomplete: %s',
    sources = 'Sources: ',
    waits = '%s: %s See it with :StackSpot preview.',
    unchanged = '%s: the agent found nothing to change.',
    server_ended = 'The server ended. `:StackSpot log` tells more.',
    preview_today = 'today',
    preview_then = 'with the edit',
    preview_keys = 'a apply  x discard  dp one  q close',
    new_file = 'new file',
    status_agent = 'Agent: %s',
    status_default = 'none chosen',
    status_sandbox = '  (sandbox)',
    status_token = 'Token: %s',
    status_usage = 'Usage: %d requests, %d → %d tokens',
    status_idle = 'Nothing is running, and no edit waits.',
  },
  pt = {
    ask = 'Perguntar ao StackSpot AI: ',
    edit = 'Editar com o StackSpot AI: ',
    instruction = '%s: ',
    follow_up = 'Continuar: ',
    which_action = 'StackSpot AI',
    which_agent = 'Agente do StackSpot AI',
    which_edit = 'Qual edição?',
    default_agent = 'o padrão das suas configurações',
    agent_chosen = 'O StackSpot AI pergunta a %s a partir de agora, até o Neovim terminar.',
    no_agents = 'A credencial não vê agentes, e as configurações não indicam nenhum. `:checkhealth stackspot_lsp` pode dizer por quê.',
    no_server = 'Nenhum servidor do StackSpot AI está em execução. `:checkhealth stackspot_lsp` diz por quê.',
    no_such_command = 'Não há "%s"; há: %s.',
    nothing_waits = 'Nenhuma edição do StackSpot AI espera neste arquivo.',
    no_answer = 'O StackSpot AI ainda não respondeu nada.',
    no_text = 'Isto não é um texto sobre o qual perguntar. Vá à janela do seu código.',
    not_modifiable = "Este buffer não pode ser alterado ('modifiable' está desligado), então nada foi perguntado. `:StackSpot! %s` mostra a edição sem fazê-la.",
    cancelled_none = 'O StackSpot AI não está fazendo nada aqui.',
    answer_keys = '<C-c> cancela  q fecha',
    answer_done = 'q fecha  :StackSpot followup',
    writing = 'escrevendo …',
    cancelled = 'cancelado',
    failed = 'falhou',
    incomplete = 'A resposta está incompleta: %s',
    sources = 'Fontes: ',
    waits = '%s: %s Veja com :StackSpot preview.',
    unchanged = '%s: o agente não achou nada para mudar.',
    server_ended = 'O servidor terminou. `:StackSpot log` diz mais.',
    preview_today = 'hoje',
    preview_then = 'com a edição',
    preview_keys = 'a aplica  x descarta  dp uma  q fecha',
    new_file = 'arquivo novo',
    status_agent = 'Agente: %s',
    status_default = 'nenhum escolhido',
    status_sandbox = '  (sandbox)',
    status_token = 'Token: %s',
    status_usage = 'Uso: %d pedidos, %d → %d tokens',
    status_idle = 'Nada está em execução, e nenhuma edição espera.',
  },
}

--- The setting `language`, else the environment's, as the server has it.
local function language()
  local client = require('stackspot_lsp.client').of()
  local setting = client and vim.tbl_get(client.settings or {}, 'stackspot-lsp', 'language')
  if type(setting) ~= 'string' or setting == 'auto' then
    setting = vim.env.LC_ALL or vim.env.LC_MESSAGES or vim.env.LANG or ''
  end
  return vim.startswith(setting:lower(), 'pt') and 'pt' or 'en'
end

--- A text by its name.
---@return string
function M.say(name, ...)
  local text = texts[language()][name]
  return select('#', ...) > 0 and text:format(...) or text
end

--- Tells the user something.
function M.notify(message, level)
  vim.notify(message, level or vim.log.levels.INFO, { title = 'StackSpot AI' })
end

M.texts = texts

return M
