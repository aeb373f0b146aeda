--- What the plug-in itself says, in the language that the server uses. Titles, progress and errors come from the server.

local M = {}

local texts = {
  en = {
    ask = 'Ask StackSpot AI: ',
    instruction = '%s: ',
    follow_up = 'Follow up: ',
    which_action = 'StackSpot AI',
    which_agent = 'Agent of StackSpot AI',
    which_edit = 'Which edit?',
    default_agent = 'the default of your settings',
    agent_chosen = 'StackSpot AI asks %s from now on, until Neovim ends.',
    no_agents = 'No agents: the settings name none. `:checkhealth stackspot_lsp` shows the reason.',
    no_program = '`%s` was not found. Therefore StackSpot AI cannot start. Put it on your PATH, or set its path: `:help stackspot-lsp-start`.',
    no_server = 'No StackSpot AI server is running. `:checkhealth stackspot_lsp` shows the reason.',
    no_such_command = 'There is no "%s"; there are: %s.',
    nothing_waits = 'No edit of StackSpot AI waits.',
    no_remarks = 'No remarks in this file. `:StackSpot review` asks for them.',
    no_remark_here = 'No remark on this line. `:StackSpot next` goes to one.',
    no_answer = 'StackSpot AI has not answered anything yet.',
    not_this_buffer = "StackSpot AI does not work in this buffer. Go to your code, or `:set filetype=…`.",
    no_text = 'There is no code in this window. Go to the window of your code.',
    no_name = 'This buffer has no name, so nothing was asked. `:file NAME` gives it one.',
    not_modifiable = "'modifiable' is off, so nothing was asked. `:StackSpot! %s` shows the edit.",
    cancelled_none = 'StackSpot AI is doing nothing here.',
    answer_keys = '<C-c> cancels  q closes',
    answer_done = 'q closes  <CR> follows up  gy yanks',
    answer_of_earlier = 'This answer is of an earlier session. `:StackSpot answer` shows the latest one.',
    no_conversation = 'This buffer is not a conversation. `:StackSpot chat` opens one, `:StackSpot chats` lists them.',
    no_conversations = 'There is no conversation yet. `:StackSpot chat` opens one.',
    which_conversation = 'Which conversation?',
    no_code = 'There is no code in this answer.',
    context_part = '%s (%d characters)',
    context_total = 'Goes with the next question: %d, %d of %d characters',
    context_none = 'Nothing was added to the next question.',
    context_add_lines = 'Add lines of %s: %d to %d',
    context_add_file = 'Add the file %s',
    context_add_problems = 'Add the problems of %s',
    context_add_changes = 'Add the changes since the last commit',
    context_add_other = 'Add another file …',
    context_which_file = 'File: ',
    context_take_off = 'Remove %s',
    context_clear = 'Remove everything',
    context_no_problems = 'There are no problems in this file.',
    copied = 'Lines of code copied: %d (register %s)',
    works = '%s · StackSpot',
    writing = 'writing …',
    cancelled = 'cancelled',
    failed = 'failed',
    incomplete = 'The answer is incomplete: %s',
    sources = 'Sources: ',
    waits = '%s: %s See it with :StackSpot preview.',
    unchanged = '%s: the agent found nothing to change.',
    no_curl = 'There are no curl commands on the clipboard. Copy those of your agent in the portal (API Usage), and run it again.',
    signed_in = 'Restart Neovim to use the new agent and addresses.',
    server_ended = 'The server ended. `:StackSpot log` shows the reason.',
    preview_today = 'today',
    preview_then = 'with the edit',
    preview_keys = 'a apply  x discard  AX one  q close',
    no_change_here = 'There is no change of the edit on this line. `]c` goes to the next one.',
    one_change = 'Its changes can only be made together: `a` applies them.',
    new_file = 'new file',
    status_agent = 'Agent: %s',
    status_default = 'none chosen',
    status_sandbox = '  (sandbox)',
    status_token = 'Token: %s',
    status_usage = 'Usage: requests %d, tokens %d → %d',
    state_none = 'none',
    state_valid = 'valid',
    state_expired = 'expired',
    state_queued = 'waits its turn',
    state_waiting = 'waits for the agent',
    state_streaming = 'is being written',
    state_proposed = 'waits for you',
    status_idle = 'Nothing is running, and no edit waits.',
  },
  pt = {
    ask = 'Perguntar à StackSpot AI: ',
    instruction = '%s: ',
    follow_up = 'Continuar: ',
    which_action = 'StackSpot AI',
    which_agent = 'Agente da StackSpot AI',
    which_edit = 'Qual edição?',
    default_agent = 'o padrão das suas configurações',
    agent_chosen = 'A StackSpot AI pergunta a %s a partir de agora, até o Neovim terminar.',
    no_agents = 'Sem agentes: as configurações não indicam nenhum. Veja `:checkhealth stackspot_lsp`.',
    no_program = '`%s` não foi encontrado. Por isso a StackSpot AI não pode começar. Ponha-o no PATH, ou defina o caminho: `:help stackspot-lsp-start`.',
    no_server = 'Nenhum servidor da StackSpot AI está em execução. `:checkhealth stackspot_lsp` diz por quê.',
    no_such_command = 'Não há "%s"; há: %s.',
    nothing_waits = 'Nenhuma edição da StackSpot AI está esperando.',
    no_remarks = 'Nenhuma observação neste arquivo. `:StackSpot review` as pede.',
    no_remark_here = 'Nenhuma observação nesta linha. `:StackSpot next` vai a uma.',
    no_answer = 'A StackSpot AI ainda não respondeu nada.',
    not_this_buffer = "A StackSpot AI não olha este buffer. Vá ao seu código, ou `:set filetype=…`.",
    no_text = 'Não há código nesta janela. Vá à janela do seu código.',
    no_name = 'Este buffer não tem nome, então nada foi perguntado. `:file NOME` lhe dá um.',
    not_modifiable = "'modifiable' está desligado, nada foi perguntado. `:StackSpot! %s` mostra a edição.",
    cancelled_none = 'A StackSpot AI não está fazendo nada aqui.',
    answer_keys = '<C-c> cancela  q fecha',
    answer_done = 'q fecha  <CR> continua  gy copia',
    answer_of_earlier = 'Esta resposta é de uma sessão anterior. `:StackSpot answer` mostra a última.',
    no_conversation = 'Este buffer não é uma conversa. `:StackSpot chat` abre uma, `:StackSpot chats` as lista.',
    no_conversations = 'Ainda não há nenhuma conversa. `:StackSpot chat` abre uma.',
    which_conversation = 'Qual conversa?',
    no_code = 'Não há código nesta resposta.',
    context_part = '%s (%d caracteres)',
    context_total = 'Vai com a próxima pergunta: %d, %d de %d caracteres',
    context_none = 'Nada foi acrescentado à próxima pergunta.',
    context_add_lines = 'Acrescentar linhas de %s: %d a %d',
    context_add_file = 'Acrescentar o arquivo %s',
    context_add_problems = 'Acrescentar os problemas de %s',
    context_add_changes = 'Acrescentar as mudanças desde o último commit',
    context_add_other = 'Acrescentar outro arquivo …',
    context_which_file = 'Arquivo: ',
    context_take_off = 'Remover %s',
    context_clear = 'Remover tudo',
    context_no_problems = 'Não há problemas neste arquivo.',
    copied = 'Linhas de código copiadas: %d (registro %s)',
    works = '%s · StackSpot',
    writing = 'escrevendo …',
    cancelled = 'cancelado',
    failed = 'falhou',
    incomplete = 'A resposta está incompleta: %s',
    sources = 'Fontes: ',
    waits = '%s: %s Veja com :StackSpot preview.',
    unchanged = '%s: o agente não achou nada para mudar.',
    no_curl = 'Não há comandos curl na área de transferência. Copie os do seu agente no portal (API Usage) e execute de novo.',
    signed_in = 'Reinicie o Neovim para usar o novo agente e os novos endereços.',
    server_ended = 'O servidor terminou. `:StackSpot log` mostra o motivo.',
    preview_today = 'hoje',
    preview_then = 'com a edição',
    preview_keys = 'a aplica  x descarta  AX uma  q fecha',
    no_change_here = 'Não há mudança da edição nesta linha. `]c` vai à próxima.',
    one_change = 'As mudanças dela só podem ser feitas juntas: `a` as aplica.',
    new_file = 'arquivo novo',
    status_agent = 'Agente: %s',
    status_default = 'nenhum escolhido',
    status_sandbox = '  (sandbox)',
    status_token = 'Token: %s',
    status_usage = 'Uso: requisições %d, tokens %d → %d',
    state_none = 'nenhum',
    state_valid = 'válido',
    state_expired = 'expirado',
    state_queued = 'espera a vez',
    state_waiting = 'espera o agente',
    state_streaming = 'está sendo escrita',
    state_proposed = 'espera por você',
    status_idle = 'Nada está em execução, e nenhuma edição espera.',
  },
}

--- The setting `language`, else the environment's, as the server has it.
local function language()
  local client = require('stackspot_lsp.client').of()
  local setting = client and vim.tbl_get(client.settings or {}, 'stackspot-lsp', 'language')
  if type(setting) ~= 'string' or setting == 'auto' then
    setting = ''
    for _, variable in ipairs({ 'LC_ALL', 'LC_MESSAGES', 'LANG' }) do
      setting = setting ~= '' and setting or vim.env[variable] or ''
    end
  end
  return vim.startswith(setting:lower(), 'pt') and 'pt' or 'en'
end

--- A text by its name.
---@return string
function M.say(name, ...)
  local text = texts[language()][name]
  return select('#', ...) > 0 and text:format(...) or text
end

--- A state of a token or a job, as the server names it, in words; those that last for a moment only have none.
---@return string
function M.state(name)
  return texts[language()]['state_' .. name] or name
end

--- Whether messages go to the command line, as they do where no plug-in shows them elsewhere.
local function goes_to_command_line()
  local source = debug.getinfo(vim.notify, 'S').source
  return source:find('vim/_', 1, true) ~= nil
end

--- Tells the user something. What is wider than the command line would stop them to ask for a key, and take the next ones that
--- they type: while they insert text they get the start of it, and the whole once they are done.
function M.notify(message, level)
  level = level or vim.log.levels.INFO
  local function tell()
    vim.notify(message, level, { title = 'StackSpot AI' })
  end
  local fits = not message:find('\n', 1, true) and vim.fn.strdisplaywidth(message) <= vim.v.echospace
  local inserts = vim.api.nvim_get_mode().mode:find('^[iR]') ~= nil
  if fits or not inserts or not goes_to_command_line() then
    tell()
    return
  end
  local start = vim.fn.strcharpart(message:match('[^\n]*'), 0, math.max(vim.v.echospace - 2, 1))
  while vim.fn.strdisplaywidth(start) > vim.v.echospace - 2 do
    start = vim.fn.strcharpart(start, 0, vim.fn.strchars(start) - 1)
  end
  vim.api.nvim_echo({ { start .. ' …', level >= vim.log.levels.WARN and 'WarningMsg' or nil } }, false, {})
  vim.api.nvim_create_autocmd('InsertLeave', { once = true, callback = vim.schedule_wrap(tell) })
end

--- How many characters of an error are shown.
local LINE = 90

--- Tells the user of an error of the server in one line: by the short form that came with it, else by its beginning. The whole
--- is in the log then, which `:StackSpot log` opens.
---@param err { message: string, data?: { brief?: string } }
---@param level? integer
function M.notify_error(err, level)
  local line = type(err.data) == 'table' and err.data.brief
  if not line then
    -- The field of the request is for who reads the log, and the folders of a file are too.
    line = err.message:gsub('^%l[%w.]*: ', ''):gsub('file://%S*/([^/%s]+)', '%1')
  end
  if vim.fn.strchars(line) > LINE then
    line = vim.fn.strcharpart(line, 0, LINE - 1) .. '…'
  end
  if line ~= err.message then
    require('vim.lsp.log').error('stackspot_lsp', err.message)
  end
  M.notify(line, level or vim.log.levels.ERROR)
end

M.texts = texts

return M
