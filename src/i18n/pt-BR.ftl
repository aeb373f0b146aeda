# O que o usuário lê, em português do Brasil. As chaves e as variáveis são exatamente as de en.ftl; um teste compara as
# duas. Cada mensagem fica em uma linha.

## Títulos nos menus

action-explain = Explicar com StackSpot AI
action-ask = Perguntar à StackSpot AI sobre isto…
action-refactor = Refatorar com StackSpot AI
action-fix = Corrigir com StackSpot AI
action-fix-without-problems = Corrigir problemas aqui com StackSpot AI
action-document = Documentar com StackSpot AI
action-test = Escrever testes com StackSpot AI
action-review = Revisar com StackSpot AI
action-edit = Editar com StackSpot AI

menu-cancel-job = Cancelar “{ $title }”
menu-cancel-jobs = Cancelar { $count } tarefas da StackSpot AI
menu-apply = Aplicar “{ $title }” ({ $lines })
menu-apply-into = Aplicar “{ $title }” ({ $lines }), em { $file }
menu-apply-merged = Aplicar “{ $title }” ({ $lines }), mesclando com suas mudanças
menu-apply-in-place = Aplicar “{ $title }” ({ $lines }), no lugar das suas mudanças
menu-preview = Ver a mudança de “{ $title }” ({ $lines })
menu-discard = Descartar “{ $title }” ({ $lines })
menu-fix-again = Tentar de novo com o novo erro

## Lugares

lines-one = linha { $line }
lines-several = linhas { $first }–{ $last }

## Progresso

progress-title = { $title } · { $path }
progress-preparing = preparando a pergunta
progress-asking = aguardando a sua resposta a uma pergunta
progress-queued = { $ahead ->
    [0] na fila: é a próxima
    [one] na fila: há outra tarefa antes desta
   *[other] na fila: há { $ahead } outras tarefas antes desta
}
progress-behind = na fila: aguardando “{ $title }”, { $lines }
progress-connecting = conectando
progress-uploading = enviando { $name }, { $sent } de { $size } { $unit }
progress-rate-limited = aguardando o limite de requisições da conta: { $seconds } s
progress-retrying = nova tentativa em { $seconds } s, tentativa { $attempt }: { $reason }
progress-waiting = aguardando a primeira palavra
progress-streaming = { $count ->
    [one] { $count } caractere … { $words }
   *[other] { $count } caracteres … { $words }
}
progress-silent = { $text } · nada de novo há { $seconds } s
progress-applying = aplicando a edição
progress-answered = respondido: { $usage }
progress-applied = aplicado: { $usage }
progress-proposed = guardado como proposta: { $usage }
progress-unchanged = nada a mudar: { $usage }
progress-failed = falhou: { $kind }
progress-cancelled = cancelado

usage-first-word = primeira palavra após { $seconds } s
usage-total = { $seconds } s no total
usage-tokens = { $input } → { $output } tokens

## O que aconteceu com uma tarefa

report-changed-nothing = “{ $title }” não mudou nada. { $reason }
report-done = “{ $title }” concluído: { $usage }.
report-ready = “{ $title }” está pronto. { $reason } Use a ação de código “Aplicar” no documento sobre o qual você perguntou, ou “Descartar”.
report-proposed = “{ $title }” não foi aplicado. { $reason } A edição está guardada: use a ação de código “Aplicar” nesse trecho quando o texto estiver como você quer, ou “Descartar”.
report-still-proposed = “{ $title }” não foi aplicado. { $reason } Aplique de novo ou execute a ação outra vez; a edição continua guardada.
report-still-typed-in = “{ $title }” não foi aplicado. { $reason } Desfaça essa mudança e aplique de novo, ou escolha nas ações de código desse trecho o que fazer com ela; a edição continua guardada.
report-unchanged = “{ $title }”: o agente não encontrou nada a mudar.
log-file-not-opened = Não foi possível abrir o arquivo de log { $path }: { $reason }. Enquanto isso não for possível, ou até --log-file indicar outro, o log vai apenas para stderr.
report-answer-kept = O que o agente disse está guardado: execute o comando stackspot-lsp.showAnswer para ler.

## Respostas

answer-heading = { $title }: { $subject }, { $lines }
answer-incomplete = incompleta: a resposta foi interrompida aqui
answer-sources = fontes: { $names }
answer-coming-in = a resposta ainda está chegando
answer-whole = A resposta completa está em { $path }
answer-not-written = Não foi possível gravar a resposta completa em um arquivo: { $error }

## O que pode sair da máquina

button-cancel = Cancelar
guard-button-send = Enviar
guard-question = Enviar isto ao agente? { $reasons }.
guard-more-reasons = e mais { $count }
guard-reason-secret = a linha { $line } do prompt contém o que parece ser { $what }
guard-reason-name = pelo nome, { $file } é { $what }
guard-reason-ignored = { $file } é ignorado pelo git
guard-reason-listed = { $file } está listado em .stackspotignore
guard-failed = Não enviado: a busca por segredos falhou por um erro do stackspot-lsp; o log diz mais.
guard-refused = Não enviado, conforme a configuração secrets.guard: { $reasons }.
guard-not-agreed = Não enviado, pois ninguém autorizou: { $reasons }. Tire isso da seleção e do que está em volta dela ou responda “{ $answer }” da próxima vez.
guard-decided = Não enviado, como você decidiu: { $reasons }.
guard-nobody-to-ask = Não enviado, pois não havia a quem perguntar: { $reasons }. Tire isso do texto, execute em um terminal para ser consultado ou defina secrets.guard como "off" no config.toml.

trust-button-use = Usar este agente
trust-question = “{ $title }” vem com o workspace { $workspace } (arquivo { $file }) e consulta o agente “{ $agent }”, que não está nas suas configurações. O agente recebe o código em que você executar a ação. Usar neste workspace?
trust-name-it = Não enviado: um arquivo de prompt do workspace indica o agente “{ $agent }”, que não está nas suas configurações. Indique-o você mesmo, com --agent { $agent }.
trust-refused = Não enviado, pois ninguém autorizou consultar o agente “{ $agent }” indicado em { $file }. Responda “{ $answer }” da próxima vez ou indique um agente seu para a ação na configuração "actions.{ $action }.agent".

upload-no-workspace = Não enviado: o arquivo de prompt { $file } pede arquivos, e o documento não está em nenhuma pasta do workspace. Abra a pasta que contém os arquivos.
upload-outside = Não enviado: { $name }, que o arquivo de prompt { $file } pede, leva para fora do workspace. Coloque o próprio arquivo dentro do workspace.
upload-unreadable = Não enviado: { $name }, que o arquivo de prompt { $file } pede, não pode ser lido ({ $cause }). Corrija “files” nele ou coloque o arquivo no lugar.
upload-no-match = Não enviado: nenhum arquivo do workspace corresponde a “{ $pattern }”, que o arquivo de prompt { $file } pede. Corrija “files” nele; o que o git ou o .stackspotignore ignora precisa ser nomeado sem padrão.
upload-too-many = Não enviado: o arquivo de prompt { $file } pede mais de { $most } arquivos. Restrinja os padrões em “files”.
upload-held-back = Não enviado: { $name }, que o arquivo de prompt pede, nunca é enviado sem perguntar: { $reasons }. Retire-o de “files” ou defina secrets.guard como "off".
upload-vanished = Não enviado: { $name }, que o arquivo de prompt pede, não pode ser lido ({ $cause }). Coloque o arquivo no lugar e execute a ação de novo.

## Arquivos de prompt

prompt-file-broken = O arquivo de prompt { $file } tem um problema e foi deixado de fora. { $problem }.
prompt-file-doubtful = O arquivo de prompt { $file } tem um problema, mas funciona mesmo assim. { $problem }.
prompt-file-more = { $count ->
    [one] Há mais { $count } problema com arquivos de prompt no log.
   *[other] Há mais { $count } problemas com arquivos de prompt no log.
}

## Por que uma tarefa não pode ser executada

job-cancelled = Cancelado.
no-agent = Nenhum agente está configurado. Defina "agent" nas configurações ou STACKSPOT_AGENT_ID no ambiente com o id de um agente da StackSpot AI.
nothing-but-blanks = Só há espaço em branco nesse trecho. Selecione algum código e tente de novo.
nothing-there = Não há com o que trabalhar nesse lugar. Selecione algum código e tente de novo.
sandbox-not-started = Não foi possível iniciar o sandbox em uma porta de loopback: { $error }.
draft-failed = Não enviado: a montagem do prompt falhou por um erro do stackspot-lsp; o log diz mais.

## Por que uma edição não está no texto

withheld-review = A edição aguarda a sua revisão.
withheld-cut-short = O agente não pôde terminar a resposta (stop reason: { $reason }).
withheld-repetition = A resposta repete o que está ao lado da seleção e ficaria ali duas vezes: “{ $line }”.
withheld-prompt = A resposta repete o prompt: ela contém { $tag }.
withheld-syntax = A edição causaria um erro de sintaxe na linha { $line }: { $description }.
withheld-conflict = O que foi digitado ali e a edição mudam as mesmas linhas.
withheld-closed = O documento foi fechado nesse meio-tempo ou reaberto com outro texto.
withheld-typed-in = O texto dentro do trecho mudou nesse meio-tempo.
withheld-out-of-sync = O editor e o servidor não têm o mesmo texto.
withheld-not-shown = O editor recebeu o pedido para aplicar a edição, mas o texto não mudou.
withheld-no-edits = O editor não aceita edições de um servidor de linguagem.
withheld-refused = O editor recusou a edição.
withheld-refused-because = O editor recusou a edição: { $reason }.
withheld-kept-changing = O editor recusou a edição porque o texto não parava de mudar.
withheld-file-refused = O editor recusou a mudança de { $path }.
withheld-file-refused-because = O editor recusou a mudança de { $path }: { $reason }.
withheld-file-not-shown = O editor recebeu o pedido de mudar { $path }, mas a mudança não aparece.

proposed-new-file = Isto cria o novo arquivo { $path }.
proposed-addition = Isto acrescenta a { $path }.

home-no-file = O documento não está em um arquivo, então não há lugar ao lado dele. Salve-o, ou coloque a resposta onde ela deve ficar.
home-no-convention = Não se sabe aqui onde ficam os testes de { $language }. Coloque a resposta onde o seu projeto os guarda.
home-outside = O lugar é { $path }, que está fora do workspace. Coloque a resposta lá você mesmo.
home-names-taken = { $path } já existe, e os nomes com número também. Renomeie alguns deles e execute a ação de novo.
home-unreadable = O lugar é { $path }, que não pode ser lido: { $cause }. Coloque a resposta lá você mesmo.
home-not-created = O editor não cria arquivos. Coloque a resposta em { $path } você mesmo.

no-code-empty = A resposta está vazia; nada foi aplicado.
no-code-only-prose = A resposta não contém código; nada foi aplicado.
no-code-several = A resposta contém { $count } blocos de código; nenhum foi aplicado.
no-code-unclear = Não dá para separar o código da resposta do texto em volta dele; nada foi aplicado.
no-code-something-else = A resposta contém { $what } em vez do novo texto; nada foi aplicado.
no-code-elided = A resposta omite código (“{ $line }”); nada foi aplicado.
no-code-out-of-range = O trecho não está mais no documento; nada foi aplicado.

## Conversas

conversation-menu-send = Enviar a pergunta à StackSpot AI
conversation-menu-retry = Pedir de novo a última resposta à StackSpot AI
conversation-menu-insert = Inserir na seleção o bloco de código sob o cursor
conversation-menu-new = Nova conversa sobre a seleção
conversation-title = { $subject }, { $lines }
conversation-you = Você
conversation-open-it = Abra { $path } e escreva sua pergunta sob o último título; depois escolha “Enviar” entre as ações de código de lá.
conversation-not-written = Não foi possível gravar a conversa em um arquivo: { $error }.
conversation-no-question = Ainda não há pergunta. Escreva-a sob o último título e então envie.
conversation-no-answer = Ainda não há resposta. Escreva uma pergunta sob o último título e envie.
conversation-busy = O agente ainda está respondendo neste documento. Cancele, ou espere o fim.
conversation-switched-off = A ação "ask" está desligada nas configurações.
conversation-no-block = Não há bloco de código de uma resposta nesse lugar.
conversation-no-selection = A seleção não está mais lá, ou { $name } não está aberto. Abra-o e tente de novo.
conversation-agent = agente { $agent }
conversation-incomplete = incompleta: { $reason }
