# O que o usuário lê, em português do Brasil. As chaves e as variáveis são exatamente as de en.ftl; um teste compara as
# duas. Cada mensagem fica em uma linha.

## Títulos nos menus

action-explain = Explicar com StackSpot AI
    .brief = Explicar
action-ask = Perguntar à StackSpot AI sobre isto…
    .brief = Perguntar
action-refactor = Refatorar com StackSpot AI
    .brief = Refatorar
action-fix = Corrigir com StackSpot AI
    .brief = Corrigir
action-fix-without-problems = Corrigir problemas aqui com StackSpot AI
    .brief = Corrigir
action-document = Documentar com StackSpot AI
    .brief = Documentar
action-test = Escrever testes com StackSpot AI
    .brief = Escrever testes
action-review = Revisar com StackSpot AI
    .brief = Revisar
action-edit = Editar com StackSpot AI
    .brief = Editar

menu-cancel-job = Cancelar “{ $title }”
menu-cancel-jobs = Cancelar { $count } tarefas da StackSpot AI
menu-apply = Aplicar “{ $title }” ({ $lines })
menu-apply-into = Aplicar “{ $title }” ({ $lines }), em { $file }
menu-apply-merged = Aplicar “{ $title }” ({ $lines }), mesclando com suas mudanças
menu-apply-in-place = Aplicar “{ $title }” ({ $lines }), no lugar das suas mudanças
menu-apply-part = Aplicar esta mudança de “{ $title }”, linha { $line }
menu-discard-part = Descartar esta mudança de “{ $title }”, linha { $line }
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
progress-signing-in = fazendo login
progress-looking-up = procurando o agente
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
progress-failed = { $kind ->
    [credentials] falhou: a conta não foi aceita
    [forbidden] falhou: o agente não está disponível
    [rateLimited] falhou: requisições demais
    [quota] falhou: a cota acabou
    [promptTooLarge] falhou: a pergunta é longa demais
    [network] falhou: sem conexão
    [timeout] falhou: sem resposta a tempo
    [truncated] falhou: a resposta foi interrompida
    [server] falhou: o serviço está com um problema
    [protocol] falhou: não foi possível ler a resposta
    [refused] não enviado
    [outOfSync] falhou: o editor e o servidor têm textos diferentes
   *[other] falhou
}
progress-cancelled = cancelado

usage-first-word = primeira palavra após { $seconds } s
usage-total = { $seconds } s no total
usage-tokens = { $input } → { $output } tokens

## O que aconteceu com uma tarefa

report-changed-nothing = “{ $title }” não mudou nada. { $reason }
    .brief = { $title } não mudou nada: { $reason }
report-failed = { $what } (“{ $title }”, { $subject })
    .brief = { $title }: { $what }
report-done = “{ $title }” concluído: { $usage }.
    .brief = { $title }: pronto, { $usage }
report-not-whole = “{ $title }”: a resposta não está inteira. { $reason }
    .brief = { $title }: incompleto. { $reason }
report-ready = “{ $title }” está pronto. { $reason } Use a ação de código “Aplicar” no documento sobre o qual você perguntou, ou “Descartar”.
    .brief = { $title } espera: “Aplicar” ou “Descartar” por ação de código. { $reason }
report-applied-lacking = “{ $title }” foi aplicado. { $reason }
    .brief = { $title }: aplicado. { $reason }
report-proposed = “{ $title }” não foi aplicado. { $reason } A edição está guardada: use a ação de código “Aplicar” nesse trecho quando o texto estiver como você quer, ou “Descartar”.
report-proposed-briefly = A edição espera: use a ação de código “Aplicar” ou “Descartar”. { $reason } (“{ $title }”)
    .brief = { $title } espera: “Aplicar” ou “Descartar” por ação de código. { $reason }
report-still-proposed = “{ $title }” não foi aplicado. { $reason } Aplique de novo ou execute a ação outra vez; a edição continua guardada.
    .brief = { $title }: aplique de novo, ou execute outra vez. { $reason }
report-still-typed-in = “{ $title }” não foi aplicado. { $reason } Desfaça essa mudança e aplique de novo, ou escolha nas ações de código desse trecho o que fazer com ela; a edição continua guardada.
    .brief = { $title }: mescle, substitua ou descarte por ação de código. { $reason }
report-unchanged = “{ $title }”: o agente não encontrou nada a mudar.
    .brief = { $title }: nada a mudar.
report-unchanged-because = “{ $title }”: o agente não mudou nada. { $reason }
    .brief = { $title } não mudou nada. { $reason }
log-file-not-opened = Não foi possível abrir o arquivo de log { $path }: { $reason }. Enquanto isso não for possível, ou até --log-file indicar outro, o log vai apenas para stderr.
    .brief = Verifique --log-file: não abre, e o log vai para stderr.
report-answer-kept = O que o agente disse está guardado: execute o comando stackspot-lsp.showAnswer para ler.
    .brief = O que foi dito está guardado.

## Respostas

answer-heading = { $title }: { $subject }, { $lines }
answer-incomplete = incompleta: a resposta foi interrompida aqui
answer-sources = fontes: { $names }
answer-coming-in = a resposta ainda está chegando
answer-whole = A resposta completa está em { $path }
answer-not-written = Não foi possível gravar a resposta completa em um arquivo: { $error }
answer-incomplete-because = incompleta: { $reason }
answer-ask-again = Escolha “Perguntar de novo” entre as ações de código aqui, ou execute o comando stackspot-lsp.retry.
answer-conversation = conversa { $id }
answer-sources-title = Fontes de conhecimento
answer-empty = “{ $title }”: o agente não respondeu nada
    .brief = { $title }: o agente não respondeu nada.
answer-lost = Uma parte da resposta não pôde ser lida e está faltando.
answer-with-an-error = O serviço informou um erro junto com a resposta: { $error }.
answer-without-text = O agente terminou sem nenhum texto.
answer-without-text-because = O agente terminou sem nenhum texto (stop reason: { $reason }).
answer-menu-ask-again = Perguntar de novo
answer-menu-continue = Continuar em uma conversa
hover-open = [A resposta completa]({ $uri })
hover-command = A resposta completa: execute o comando stackspot-lsp.showAnswer.

## O que pode sair da máquina

button-cancel = Cancelar
guard-button-send = Enviar
guard-question = { $reasons }. Enviar ao agente?
guard-question-agent = { $reasons }. Enviar ao agente “{ $agent }”?
guard-holds = isto contém o que parece { $kinds }
guard-counted = { $what } (linha { $line } do prompt)
guard-counted-in = { $what } (linha { $line } de { $file })
guard-reason-secret = a linha { $line } do prompt contém o que parece ser { $what }
guard-reason-secret-in = a linha { $line } de { $file } contém o que parece ser { $what }
guard-reason-name = pelo nome, { $file } é { $what }
guard-reason-unreadable = { $file } não é texto nem um tipo conhecido de documento, por isso ninguém pôde olhar dentro dele
guard-reason-ignored = { $file } é ignorado pelo git
guard-reason-listed = { $file } está listado em .stackspotignore
guard-failed = Não enviado: a busca por segredos falhou por um erro do stackspot-lsp; o log diz mais.
    .brief = Não enviado: erro do stackspot-lsp; o log diz mais.
guard-refused = Não enviado, conforme a configuração secrets.guard: { $reasons }.
    .brief = Não enviado (secrets.guard): { $reasons }.
guard-not-agreed = Não enviado, porque você não autorizou: { $reasons }. Tire isso da seleção e do que está em volta dela ou responda “{ $answer }” da próxima vez.
    .brief = Não enviado: { $reasons }. Tire isso, ou responda “{ $answer }”.
guard-decided = Não enviado, como você decidiu: { $reasons }.
guard-nobody-to-ask = Não enviado, pois não havia a quem perguntar: { $reasons }. Tire isso do texto, execute em um terminal para ser consultado ou defina secrets.guard como "off" no config.toml.
    .brief = Não enviado: { $reasons }. Tire isso.

trust-button-use = Usar este agente
trust-question = “{ $title }” vem com o workspace { $workspace } (arquivo { $file }) e consulta o agente “{ $agent }”, que não está nas suas configurações. O agente recebe o código em que você executar a ação. Usar neste workspace?
trust-question-settings = As configurações do editor para { $workspace } escolhem o agente “{ $agent }”, que nem o seu config.toml, nem o ambiente, nem a sua conta nomeiam. O agente recebe o código sobre o qual você pergunta. Usá-lo neste workspace?
trust-said-settings = As configurações do editor para { $workspace } escolhem o agente “{ $agent }” da sua conta, que o seu config.toml não nomeia. Ele recebe o código sobre o qual você pergunta.
    .brief = As configurações do editor escolhem um agente da sua conta.
trust-question-fields = As configurações do editor para { $workspace } acrescentam ao que se pede ao agente “{ $agent }” campos que o seu config.toml não tem: { $fields }. Usá-lo assim neste workspace?
trust-refused-settings = Não enviado, porque você não concordou em perguntar ao agente “{ $agent }” como dizem as configurações do editor. Responda “{ $answer }” da próxima vez, ou nomeie-o no seu config.toml.
    .brief = Não enviado: responda “{ $answer }”, ou indique-o em config.toml.
trust-name-it = Não enviado: um arquivo de prompt do workspace indica o agente “{ $agent }”, que não está nas suas configurações. Indique-o você mesmo, com --agent { $agent }.
trust-refused = Não enviado, porque você não autorizou consultar o agente “{ $agent }” indicado em { $file }. Responda “{ $answer }” da próxima vez ou indique um agente seu para a ação na configuração "actions.{ $action }.agent".
    .brief = Não enviado: responda “{ $answer }”, ou defina um agente seu.

upload-no-workspace = Não enviado: o arquivo de prompt { $file } pede arquivos, e o documento não está em nenhuma pasta do workspace. Abra a pasta que contém os arquivos.
    .brief = Não enviado: abra a pasta com os arquivos que ele pede.
upload-outside = Não enviado: { $name }, que o arquivo de prompt { $file } pede, leva para fora do workspace. Coloque o próprio arquivo dentro do workspace.
    .brief = Não enviado: ponha { $name } no workspace.
upload-of-git = Não enviado: { $name }, que o arquivo de prompt { $file } pede, pertence ao git e pode conter logins. Tire-o de “files” lá.
    .brief = Não enviado: tire { $name } de “files”, pertence ao git.
upload-unreadable = Não enviado: { $name }, que o arquivo de prompt { $file } pede, não pode ser lido ({ $cause }). Corrija “files” nele ou coloque o arquivo no lugar.
    .brief = Não enviado: corrija “files”, { $name } não pode ser lido.
upload-no-match = Não enviado: nenhum arquivo do workspace corresponde a “{ $pattern }”, que o arquivo de prompt { $file } pede. Corrija “files” nele; o que o git ou o .stackspotignore ignora precisa ser nomeado sem padrão.
    .brief = Não enviado: corrija “files”, nada corresponde a “{ $pattern }”.
upload-too-many = Não enviado: o arquivo de prompt { $file } pede mais de { $most } arquivos. Restrinja os padrões em “files”.
    .brief = Não enviado: restrinja “files”, são mais de { $most }.
upload-held-back = Não enviado: { $name }, que o arquivo de prompt pede, nunca é enviado sem perguntar: { $reasons }. Retire-o de “files” ou defina secrets.guard como "off".
    .brief = Não enviado: tire { $name } de “files”. { $reasons }.
upload-vanished = Não enviado: { $name }, que o arquivo de prompt pede, não pode ser lido ({ $cause }). Coloque o arquivo no lugar e execute a ação de novo.
    .brief = Não enviado: ponha { $name } no lugar e execute de novo.
uploads-button = Enviar arquivos
uploads-question = “{ $title }” vem com o workspace { $workspace } (arquivo { $file }) e envia { $count ->
    [one] um arquivo
   *[other] { $count } arquivos
} para o agente “{ $agent }” ler: { $files }. Enviar agora e sempre que for executado?
uploads-file = { $name } ({ $size } { $unit })
uploads-file-unreadable = { $name } ({ $size } { $unit }, não é texto nem um tipo conhecido de documento: a proteção não pôde procurar segredos nele)
uploads-list = { $file } envia estes arquivos: { $files }
uploads-not-agreed = Não enviado, porque você não autorizou: { $files }. Responda “{ $answer }” da próxima vez ou tire-os de “files” lá.
    .brief = Não enviado: responda “{ $answer }” da próxima vez. { $files }.
uploads-nobody-to-ask = Não enviado, pois não havia a quem perguntar: { $files }. Execute em um terminal para ser consultado ou acrescente --allow-uploads.

## Arquivos de prompt

prompt-file-broken = O arquivo de prompt { $file } tem um problema e foi deixado de fora. { $problem }.
    .brief = Corrija o arquivo de prompt { $file }: { $problem }.
prompt-file-doubtful = O arquivo de prompt { $file } tem um problema, mas funciona mesmo assim. { $problem }.
    .brief = Veja o arquivo de prompt { $file }: { $problem }.
prompt-file-late = A leitura dos arquivos de prompt demorou. As ações deles estão no menu agora.
prompt-file-more = { $count ->
    [one] Mais { $count } arquivo de prompt tem um problema: { $files }. A linha e o motivo estão no log.
   *[other] Mais { $count } arquivos de prompt têm problemas: { $files }. As linhas e os motivos estão no log.
}

## Por que uma tarefa não pode ser executada

job-bug = A tarefa terminou por um erro no próprio stackspot-lsp; o log diz onde. O texto recebido foi guardado. Por favor, relate o problema.
    .brief = Um erro do stackspot-lsp a encerrou: relate-o com o log.
task-bug = Algo não pôde ser concluído por um erro no próprio stackspot-lsp; o log diz onde. Por favor, relate o problema.
    .brief = Um erro do stackspot-lsp interrompeu algo: relate-o com o log.
audit-not-written = Faltam linhas no arquivo de auditoria { $path }: ele não pode ser gravado ({ $error }). As tarefas continuam sem elas. Corrija `audit` em config.toml, ou o arquivo
    .brief = Corrija `audit` em config.toml: o arquivo não pode ser gravado.
answer-too-long = O agente disse mais do que cabe em uma resposta ({ $megabytes } MB), e a conexão foi fechada. O que já havia chegado foi guardado. Peça menos de uma vez.
    .brief = Peça menos de uma vez: a resposta era longa demais; está guardada.
job-cancelled = Cancelado.
no-agent = Nenhum agente está configurado. Execute stackspot-lsp login, se ainda não o fez; depois defina "agent" nas configurações, ou STACKSPOT_AGENT_ID, com o id de um agente: stackspot-lsp agents os lista.
    .brief = Execute stackspot-lsp login e defina “agent”: stackspot-lsp agents lista.
too-many-jobs = Não enviado: { $count } tarefas já esperam. Cancele as que não forem necessárias, ou espere algumas terminarem, e tente de novo.
    .brief = Não enviado: cancele algumas das { $count } tarefas que esperam.
nothing-but-blanks = Só há espaço em branco nesse trecho. Selecione algum código e tente de novo.
    .brief = Selecione algum código: só há espaço em branco.
nothing-there = Não há com o que trabalhar nesse lugar. Selecione algum código e tente de novo.
    .brief = Selecione algum código: não há nada nesse lugar.
sandbox-not-started = Não foi possível iniciar o sandbox em uma porta de loopback: { $error }.
draft-failed = Não enviado: a montagem do prompt falhou por um erro do stackspot-lsp; o log diz mais.
    .brief = Não enviado: erro do stackspot-lsp; o log diz mais.

## Por que uma edição não está no texto

withheld-review = A edição aguarda a sua revisão.
needs-imports = O novo código precisa de importações que não têm um lugar certo neste arquivo: { $imports }. Acrescente-as.
withheld-cut-short = O agente não pôde terminar a resposta (stop reason: { $reason }).
withheld-repetition = A resposta repete o que está ao lado da seleção e ficaria ali duas vezes: “{ $line }”.
withheld-beside-changed = A edição também mudaria o que está ao lado da seleção nas suas linhas: “{ $text }”.
withheld-deletion = A edição apagaria todas as linhas selecionadas.
withheld-one-word = A edição deixaria apenas “{ $word }” das linhas selecionadas.
withheld-syntax = A edição causaria um erro de sintaxe na linha { $line }: { $description }.
withheld-repetition-cut = A resposta repetiu o que está ao lado da seleção; isso ficou de fora: “{ $line }”.
withheld-enclosing-cut = A resposta repetiu o que envolve a seleção; isso ficou de fora: “{ $line }”.
withheld-rest-of-line-cut = A resposta repetiu o resto da linha; isso ficou de fora: “{ $line }”.
withheld-enclosing = A resposta contém o que envolve a seleção e ficaria ali duas vezes: “{ $line }”.
withheld-head = A resposta contém uma linha que pertence ao início do arquivo: “{ $line }”.
withheld-lead-twice = Já existe um acima da seleção: “{ $line }”.
withheld-only-comments = A edição deixaria apenas comentários do código selecionado: “{ $line }”.
withheld-documentation-alone = A resposta é somente a documentação; ela foi colocada junto ao código.
withheld-lost = A edição removeria “{ $name }”.
withheld-lost-attribute = A edição removeria o atributo “{ $name }”.
withheld-code-changed = A edição mudaria mais do que a documentação: “{ $line }”.
withheld-left-out = A resposta omite código (“{ $line }”); isto desapareceria: “{ $gone }”.
withheld-cut-off = A resposta termina onde a seleção continua; isto e o que segue desapareceria: “{ $line }”.
withheld-fragment = A resposta é uma linha no lugar de { $count }; isto desapareceria: “{ $gone }”.
withheld-unbalanced = Os parênteses ou chaves não se fecham como antes: `{ $bracket }`.
withheld-blocks = Os blocos não terminam como antes.
withheld-hidden = A edição traria um caractere que não se vê: { $code }.
withheld-look-alike = A edição traria um nome com letras que parecem outras: “{ $name }”.
withheld-instruction = A edição deixaria um comentário que é uma instrução para um agente: “{ $line }”.
withheld-not-checked = Não foi possível verificar erros de sintaxe: o texto é grande ou incomum demais.
withheld-conflict = O que foi digitado ali e a edição mudam as mesmas linhas.
withheld-part-gone = Esta mudança não aguarda mais, ou o texto do trecho mudou nesse meio-tempo.
withheld-closed = O documento foi fechado nesse meio-tempo ou reaberto com outro texto.
withheld-typed-in = Você digitou nele nesse meio-tempo.
withheld-out-of-sync = O editor e o servidor não têm o mesmo texto.
withheld-not-shown = Não foi possível colocá-la enquanto você digitava; “Aplicar” faz isso agora.
withheld-made-differently = O editor fez a edição e a modificou em seguida; as linhas não são as do agente. Deixe-as como estão ou aplique a edição no lugar delas.
withheld-made-elsewhere = O texto avançou, e o editor fez a edição em outras linhas que não as pedidas. Desfaça-a ali antes de aplicá-la.
withheld-no-file = O texto do editor não tem um arquivo em que a edição possa entrar.
withheld-no-edits = O editor não aceita edições de um servidor de linguagem.
withheld-refused = O editor recusou a edição.
withheld-refused-because = O editor recusou a edição: { $reason }.
withheld-kept-changing = O editor não fez a edição, porque o texto não parava de mudar.
withheld-file-refused = O editor recusou a mudança de { $path }.
withheld-file-refused-because = O editor recusou a mudança de { $path }: { $reason }.
withheld-file-not-shown = O editor recebeu o pedido de mudar { $path }, mas a mudança não aparece.

proposed-new-file = Isto cria o novo arquivo { $path }.
proposed-addition = Isto acrescenta a { $path }.

home-no-file = O documento não está em um arquivo, então não há lugar ao lado dele. Salve-o, ou coloque a resposta onde ela deve ficar.
home-no-convention = O servidor não sabe onde ficam os testes de { $language }. Coloque a resposta onde o seu projeto os guarda.
home-outside = O lugar é { $path }, que está fora do workspace. Coloque a resposta lá você mesmo.
home-all-there = O arquivo já tem tudo isso: { $names }.
home-names-taken = { $path } já existe, e os nomes com número também. Renomeie alguns deles e execute a ação de novo.
home-unreadable = O lugar é { $path }, que não pode ser lido: { $cause }. Coloque a resposta lá você mesmo.
home-not-created = O editor não cria arquivos. Coloque a resposta em { $path } você mesmo.

syntax-missing = falta { $what }
syntax-misfit = o novo código não se encaixa
syntax-unreadable = o código não pode ser lido
syntax-unreadable-code = `{ $code }` não pode ser lido
python-unexpected-indent = a linha está mais recuada do que a anterior permite
python-no-such-level = a linha tem um recuo que nenhuma anterior tem
python-no-block = falta um bloco
python-tabs-mixed = tabulações e espaços estão misturados
python-await = `await` está fora de uma função `async`
python-twice-parameter = o parâmetro `{ $name }` aparece duas vezes
python-default-before = o parâmetro `{ $name }` não tem valor padrão e segue um que tem
python-print = `print` é um comando do Python 2
python-outside = `{ $word }` está fora do bloco a que pertence
python-positional = um argumento sem nome segue um com nome

guess-unclosed = A resposta termina antes do seu texto, e algo pode estar faltando.
guess-thoughts = Não é certo onde terminam os pensamentos do agente e começa a resposta.
guess-one-of-several = Dos { $count } trechos de código da resposta, o de número { $number } se parece com o seu código.
guess-loosely-found = A resposta é um patch que só se encaixa ignorando espaços ou parte do seu contexto.
guess-patch-of-text = A resposta parece um patch, e as suas marcas poderiam ser texto.
guess-from-json = A resposta é JSON; o novo texto foi retirado dela.
guess-from-tags = A resposta está entre tags que não foram pedidas; o novo texto foi retirado delas.
guess-numbered = As linhas da resposta tinham números, que foram retirados.
guess-entities = A resposta tinha entidades de HTML, como “&gt;”, que foram decodificadas.
guess-quoted = A resposta era uma citação, cujas marcas foram retiradas.
guess-unlike = A resposta não tem quase nada do texto que substituiria.
guess-talk = A resposta tinha conversa dentro das marcas do novo texto; ela foi retirada.
guess-fences = A resposta tinha cercas de Markdown no meio do código; elas foram retiradas.
agent-said = { $words }
no-code-empty = A resposta está vazia; nada foi aplicado.
no-code-only-prose = A resposta não contém código; nada foi aplicado.
no-code-several = A resposta contém { $count } blocos de código; nenhum foi aplicado.
no-code-unclear = Não dá para separar o código da resposta do texto em volta dele; nada foi aplicado.
no-code-patch = A resposta contém um patch em vez do novo texto; nada foi aplicado.
no-code-commands = A resposta contém comandos de shell em vez do novo texto; nada foi aplicado.
no-code-only-thoughts = A resposta contém apenas pensamentos; nada foi aplicado.
no-code-data = A resposta são dados em vez do novo texto; nada foi aplicado.
no-code-mark = A resposta contém uma marca que não é texto (“{ $line }”); nada foi aplicado.
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
    .brief = Escreva uma pergunta sob o último título e envie.
conversation-no-answer = Ainda não há resposta. Escreva uma pergunta sob o último título e envie.
    .brief = Escreva uma pergunta sob o último título e envie.
conversation-busy = O agente ainda está respondendo neste documento. Cancele, ou espere o fim.
    .brief = Cancele a resposta que está chegando, ou espere o fim.
conversation-switched-off = A ação "ask" está desligada nas configurações.
conversation-no-block = Não há bloco de código de uma resposta nesse lugar.
conversation-no-selection = A seleção não está mais lá, ou { $name } não está aberto. Abra-o e tente de novo.
    .brief = Abra { $name }: a seleção não está lá.
conversation-agent = agente { $agent }
conversation-incomplete = incompleta: { $reason }

## O que deu errado com o serviço

api-said = { $remedy } O serviço disse: { $details }.
api-it-said = { $problem }. Resposta: { $details }
api-details = { $problem }: { $details }
api-forbidden = O agente "{ $agent }" não existe ou não está compartilhado com esta credencial (HTTP { $status })
api-forbidden-remedy = Verifique o id do agente e se a conta de STACKSPOT_REALM pode usá-lo.
    .brief = Verifique o id do agente: não existe, ou não é compartilhado.
api-rate-limited-for = O limite de requisições da conta está esgotado por mais { $wait }
api-rate-limited-for-remedy = Execute de novo depois disso, ou reduza limits.requestsPerMinute.
    .brief = Tente de novo depois, ou reduza limits.requestsPerMinute.
api-rate-limited = O limite de requisições da conta está esgotado
api-rate-limited-remedy = Espere um minuto e execute de novo, ou reduza limits.requestsPerMinute.
    .brief = Espere um minuto, ou reduza limits.requestsPerMinute.
api-sign-in-limited = O serviço não aceita mais logins por enquanto (HTTP 429)
api-sign-in-limited-remedy = Espere alguns minutos e execute de novo; outros programas podem estar fazendo login com a mesma credencial vezes demais.
    .brief = Espere alguns minutos e execute de novo.
api-quota = A cota da conta acabou
api-quota-remedy = Peça créditos ao administrador, ou use outra conta.
api-too-large = O prompt é grande demais: { $tokens } tokens, e o agente aceita { $limit }
api-too-large-for = O prompt é grande demais: o agente aceita { $limit } tokens
api-too-large-by = O prompt é grande demais: { $tokens } tokens
api-too-large-somehow = O prompt é grande demais
api-too-large-remedy = Selecione menos texto, ou reduza context.maxChars.
api-truncated = A resposta foi interrompida antes do fim
api-cause-no-name = o nome não pôde ser resolvido
api-cause-refused = foi recusada
api-cause-silent = não chegou mais nada
api-cause-unreachable = não há caminho a partir desta rede
api-cause-closed = a conexão foi fechada
api-cause-other = o log diz mais
api-truncated-because = A resposta foi interrompida antes do fim ({ $cause })
api-truncated-remedy = O que chegou está guardado; execute de novo para ter a resposta completa.
    .brief = Execute de novo: a resposta foi cortada; está guardada.
api-no-reply = { $host } respondeu HTTP { $status } e não disse nada
api-no-reply-remedy = Execute de novo; se continuar, verifique o endereço (STACKSPOT_INFERENCE_URL) e o que há no caminho.
    .brief = Execute de novo; se continuar, veja STACKSPOT_INFERENCE_URL.
api-server = { $host } respondeu { $reply }
api-server-error = { $host } respondeu com um erro
api-server-error-code = { $host } respondeu com um erro ({ $code })
api-server-not-there-remedy = Verifique o id do agente e o endereço (STACKSPOT_INFERENCE_URL).
    .brief = Verifique o id do agente e STACKSPOT_INFERENCE_URL.
api-server-refused-remedy = A requisição foi recusada como está; verifique as configurações do agente e extraBody.
    .brief = Verifique o agente e extraBody: a requisição foi recusada.
api-conversation-gone-remedy = O serviço não conhece mais a conversa: comece uma nova.
    .brief = Comece uma conversa nova: esta não existe mais.
api-blocked = Algo no caminho bloqueou a requisição a { $host } (HTTP { $status }, uma página web: { $title })
api-blocked-remedy = Um firewall ou proxy a recusou, provavelmente por código que parece um ataque, como SQL ou scripts. Selecione menos texto, ou outro, ou peça a quem o administra que deixe o endereço passar.
    .brief = Selecione menos ou outro texto: um firewall o recusou.
api-network-sign-in = A rede pede que você faça login antes de deixar passar até { $host } (HTTP 511)
api-network-sign-in-remedy = Abra uma página qualquer no navegador, faça login nela e execute de novo.
    .brief = Faça login na rede por um navegador e execute de novo.
api-server-remedy = Execute de novo daqui a pouco; se continuar, veja a página de status do serviço.
    .brief = Execute de novo daqui a pouco: o serviço tem um problema.
api-upload-rejected = { $host } não aceita o arquivo ({ $reply })
api-file-rejected = { $host } não guardou o arquivo ({ $reply })
api-list-rejected = { $host } não forneceu a lista de agentes ({ $reply })
api-upload-forbidden-remedy = Verifique se a conta de STACKSPOT_REALM pode enviar arquivos.
api-upload-not-there-remedy = Verifique o endereço (STACKSPOT_DATA_URL).
api-upload-refused-remedy = Verifique o nome e o tipo do arquivo.
api-store-refused-remedy = Verifique o relógio desta máquina e o tamanho do arquivo, e envie-o de novo.
    .brief = Verifique o relógio desta máquina, e envie de novo.
api-agents-forbidden-remedy = Verifique se a conta de STACKSPOT_REALM pode ver agentes; o id de um agente funciona mesmo assim.
    .brief = Defina o agente pelo id: a conta não pode listá-los.
api-agents-refused-remedy = Verifique o endereço (STACKSPOT_AGENTS_URL); o id de um agente funciona sem a lista.
    .brief = Verifique STACKSPOT_AGENTS_URL, ou use o id do agente.
api-timeout-connect = Não foi possível conectar a { $host } em { $limit }
api-timeout-connect-remedy = Verifique a rede, a VPN e o proxy, ou aumente timeouts.connectMs.
    .brief = Verifique rede, VPN e proxy: não há conexão.
api-timeout-first-text = { $host } não enviou nenhum texto em { $limit }
api-timeout-first-text-remedy = Execute de novo, ou aumente timeouts.firstTokenMs para agentes lentos.
    .brief = Execute de novo, ou aumente timeouts.firstTokenMs.
api-timeout-idle = { $host } parou de enviar texto por { $limit } no meio da resposta
api-timeout-idle-remedy = O que chegou está guardado; execute de novo, ou aumente timeouts.idleMs para agentes que fazem pausas longas.
    .brief = Execute de novo, ou aumente timeouts.idleMs.
api-timeout-token = { $host } não emitiu um token em { $limit }
api-timeout-token-remedy = Verifique a rede e STACKSPOT_IDM_URL, e execute de novo.
api-timeout-plain-reply = { $host } não deu uma resposta completa em { $limit }
api-timeout-plain-reply-remedy = Defina streaming como true: um gateway corta respostas sem streaming por volta de 120 s, e com streaming elas continuam.
    .brief = Defina streaming como true: um gateway corta respostas longas.
api-timeout-reply = { $host } não respondeu em { $limit }
api-timeout-reply-remedy = Verifique a rede e execute de novo.
api-timeout-upload = { $host } não recebeu mais nada do arquivo por { $limit }
api-timeout-upload-remedy = Verifique a rede e envie-o de novo, ou aumente timeouts.idleMs.
    .brief = Verifique a rede, e envie de novo.
api-token-refused = { $host } recusou o token (HTTP 401)
api-token-refused-remedy = Entre de novo (stackspot-lsp login), ou verifique se a credencial pertence ao realm (STACKSPOT_REALM) e não foi revogada.
    .brief = Entre de novo (stackspot-lsp login): token recusado.
api-sign-in-not-so = { $host } recusou este tipo de autenticação ({ $code })
api-sign-in-not-so-remedy = O problema não são o client id nem o secret: pergunte ao administrador da conta se esta credencial pode fazer login por client_credentials na StackSpot AI, e verifique STACKSPOT_IDM_URL.
    .brief = Peça client_credentials ao administrador da conta.
api-ready-token-refused = O serviço recusou o token de STACKSPOT_TOKEN (HTTP 401); ele expirou ou foi revogado
api-ready-token-refused-remedy = Defina um novo, ou use STACKSPOT_REALM, STACKSPOT_CLIENT_ID e STACKSPOT_CLIENT_SECRET, com os quais os tokens se renovam sozinhos.
    .brief = Defina um novo STACKSPOT_TOKEN: expirou ou foi revogado.
api-proxy-password = O proxy diante de { $host } pede usuário e senha (HTTP 407)
api-proxy-wants-password = O proxy { $proxy } no caminho até { $host } pede usuário e senha
api-proxy-password-remedy = Coloque-os em HTTPS_PROXY ou em `proxy` do arquivo do usuário, como http://usuario:senha@proxy.example:3128.
    .brief = Ponha usuário e senha do proxy em HTTPS_PROXY.
api-proxy-password-refused = O proxy { $proxy } no caminho até { $host } recusou o usuário e a senha de { $setting }
api-proxy-password-refused-remedy = Corrija-os ali, com %25 para um sinal de porcentagem; alguns proxies bloqueiam a conta após poucas tentativas.
    .brief = Corrija o usuário e a senha do proxy.
api-proxy-other-scheme = O proxy { $proxy } no caminho até { $host } pede login por { $schemes }, que o stackspot-lsp não fala
api-proxy-other-scheme-remedy = Uma senha em HTTPS_PROXY não ajudaria. Execute um pequeno proxy seu que faça o login por você, como px ou cntlm, e aponte HTTPS_PROXY para o endereço dele.
    .brief = Use um proxy local que faça o login, como px ou cntlm.
api-tunnel-refused = O proxy { $proxy } não leva até { $host }: respondeu { $answer }
api-tunnel-refused-remedy = Peça a quem administra o proxy que deixe { $host } passar; se for possível chegar lá sem o proxy, inclua-o em NO_PROXY.
    .brief = Peça a quem administra o proxy que libere o serviço.
api-tunnel-broken-remedy = O proxy em si funciona e não alcança { $host }. Execute de novo; se continuar, verifique o host do endereço, ou pergunte a quem administra o proxy.
    .brief = Execute de novo; se continuar, pergunte pelo proxy.
api-proxy-unreached = O proxy { $proxy } no caminho até { $host } não pôde ser usado ({ $cause })
api-proxy-unusable = O proxy no caminho até { $host } não pôde ser usado ({ $cause })
api-proxy-unusable-remedy = Verifique HTTPS_PROXY, NO_PROXY e `proxy` do arquivo do usuário.
    .brief = Verifique HTTPS_PROXY, NO_PROXY e `proxy`.
api-untrusted = O certificado TLS de { $host } não é confiável ({ $cause })
api-untrusted-remedy = Se a sua empresa inspeciona TLS, coloque o certificado raiz dela em um arquivo PEM e aponte STACKSPOT_CA_BUNDLE para ele.
    .brief = Aponte STACKSPOT_CA_BUNDLE para o certificado da empresa.
api-expired = O certificado TLS de { $host } expirou
api-expired-on = O certificado TLS de { $host } expirou em { $date }
api-expired-remedy = Verifique primeiro o relógio desta máquina, que diz { $now }. Se estiver certo, quem administra o servidor, ou o proxy que inspeciona TLS, precisa renovar o certificado.
    .brief = Verifique o relógio desta máquina: o certificado expirou.
api-not-yet-valid = O certificado TLS de { $host } ainda não é válido
api-not-yet-valid-before = O certificado TLS de { $host } não é válido antes de { $date }
api-not-yet-valid-remedy = O relógio desta máquina diz { $now } e provavelmente está atrasado: acerte-o.
    .brief = Acerte o relógio desta máquina: ele diz { $now }.
api-other-host = { $host } mostrou o certificado TLS de outro host
api-other-host-named = { $host } mostrou o certificado TLS de outro host ({ $names })
api-other-host-remedy = Outra coisa responde no lugar dele, como a página de login de uma rede: abra uma página no navegador e faça login. Senão, verifique o host do endereço e o proxy.
    .brief = Faça login na rede, ou verifique o endereço.
api-names-nobody = O certificado TLS de { $host } não indica nenhum host (não tem subject alternative name)
api-names-nobody-remedy = Quem o emitiu precisa emiti-lo de novo, com o host como subject alternative name: o common name não vale mais.
    .brief = O servidor precisa de um certificado com o nome do host.
api-bad-signature = O certificado TLS de { $host } não é confiável: a assinatura não confere
api-bad-signature-remedy = Uma raiz antiga de mesmo nome pode estar em STACKSPOT_CA_BUNDLE ou no sistema: coloque a atual no lugar.
    .brief = Ponha a raiz atual em STACKSPOT_CA_BUNDLE.
api-revoked = O certificado TLS de { $host } foi revogado
api-revoked-remedy = Não envie nada para lá: avise quem administra o servidor, ou o proxy que inspeciona TLS.
    .brief = Não envie nada para lá: avise quem o administra.
api-self-signed = { $host } assinou o próprio certificado: ninguém mais responde por ele (autoassinado)
api-self-signed-remedy = Se é mesmo o servidor que você quer, coloque esse certificado em um arquivo PEM e aponte STACKSPOT_CA_BUNDLE para ele. Pergunte a quem administra o servidor se o certificado é dele.
    .brief = Inclua o certificado por STACKSPOT_CA_BUNDLE, se for seu.
api-own-authority = { $host } mostra o certificado de uma autoridade como seu (autoassinado)
api-own-authority-remedy = Incluí-lo em STACKSPOT_CA_BUNDLE não ajuda. Quem administra o servidor precisa emitir para ele um certificado próprio, assinado por essa autoridade.
    .brief = O servidor precisa de um certificado próprio.
api-no-https = { $host } não fala HTTPS nesta porta
api-no-https-remedy = Verifique a porta do endereço; http:// é só para endereços de loopback.
    .brief = Verifique a porta do endereço: ela não fala HTTPS.
api-no-name = O nome de { $host } não pôde ser resolvido
api-no-name-remedy = Verifique a rede, a VPN e a grafia do endereço.
api-connection-refused = { $host } recusou a conexão
api-connection-refused-remedy = Verifique se o serviço está no ar e se o host e a porta do endereço estão certos.
    .brief = Verifique se o serviço está no ar, e o endereço.
api-connection-broken = { $host } interrompeu a conexão
api-connection-broken-remedy = Execute de novo; se continuar, procure um proxy ou firewall.
api-unheard = A conexão com { $host } morreu sem aviso enquanto se esperava a resposta
api-unheard-remedy = A pergunta pode ter chegado, e por isso não foi repetida. Execute de novo; a causa comum é uma VPN, uma suspensão ou uma mudança de rede.
    .brief = Execute de novo: a conexão caiu sem resposta.
api-unreachable = { $host } não pode ser alcançado desta rede
api-unreachable-remedy = Verifique a rede e a VPN.
api-not-connected = Não foi possível conectar a { $host } ({ $cause })
api-not-connected-remedy = Verifique a rede, a VPN e o proxy.
api-connection-failed = A conexão com { $host } falhou ({ $cause })
api-connection-failed-remedy = Execute de novo; se continuar, verifique a rede.
api-no-agent = Nenhum agente foi escolhido
api-no-agent-remedy = Defina a configuração agent ou STACKSPOT_AGENT_ID com o id de um agente da StackSpot AI.
    .brief = Defina “agent” com um id: stackspot-lsp agents os lista.
api-web-page = { $host } respondeu com uma página web em vez da resposta do agente: { $what }
api-something-else = { $host } respondeu com outra coisa em vez da resposta do agente: { $what }
api-in-between-remedy = Verifique o endereço; pode haver uma página de login ou um proxy no meio.
    .brief = Verifique o endereço: veio uma página no lugar.
api-too-long-an-answer = { $host } enviou mais do que cabe em uma resposta
api-too-long-an-answer-remedy = O que chegou está guardado; peça ao agente uma resposta mais curta.
    .brief = Peça uma resposta mais curta; o que chegou está guardado.
api-upload-unusable = { $host } respondeu ao envio com { $what }
api-upload-no-form = nenhum formulário para o arquivo
api-upload-no-id = um formulário sem id
api-upload-no-address = um endereço inutilizável
api-upload-odd-form = um formulário que não pode ser preenchido
api-upload-unusable-remedy = Verifique STACKSPOT_DATA_URL; pode haver uma página de login ou um proxy no meio.
    .brief = Verifique STACKSPOT_DATA_URL.
api-no-media-type = "{ $name }" não é um tipo de mídia
api-no-media-type-remedy = Escreva como text/plain, ou omita.
api-no-list = { $host } não forneceu a lista de agentes
api-no-list-remedy = Verifique STACKSPOT_AGENTS_URL; o id de um agente funciona sem a lista.
    .brief = Verifique STACKSPOT_AGENTS_URL, ou use o id do agente.
api-two-agents = "{ $name }" é o nome de dois agentes: { $first } e { $second }
api-two-agents-remedy = Defina o id do agente desejado; stackspot-lsp agents lista todos.
    .brief = Defina o id de um: stackspot-lsp agents os lista.
api-odd-token = O token tem caracteres que nenhum cabeçalho HTTP aceita
api-odd-token-remedy = Verifique STACKSPOT_TOKEN.
api-odd-issued-token = O serviço emitiu um token com caracteres que nenhum cabeçalho HTTP aceita
api-no-credential = Não há credencial utilizável
api-empty-realm = STACKSPOT_REALM está vazio
api-realm-remedy = Defina STACKSPOT_REALM (`realm` no arquivo do usuário) com o slug da sua conta, como no endereço do portal da StackSpot.
    .brief = Verifique o realm (STACKSPOT_REALM): o slug da conta.
api-no-such-realm = { $host } não conhece o realm "{ $realm }" (HTTP 404)
api-realm-refused = { $host } recusou o realm "{ $realm }" (HTTP { $status })
api-client-refused = { $host } recusou o client id ou o secret do realm "{ $realm }" ({ $reply })
api-client-refused-remedy = Entre de novo (stackspot-lsp login), ou verifique o realm, o client id e o client secret (STACKSPOT_CLIENT_ID, STACKSPOT_CLIENT_SECRET): o Personal Access Token pode ter expirado ou sido revogado, e um novo é criado no portal da StackSpot.
    .brief = Entre de novo (stackspot-lsp login): id ou secret errado.
api-no-token = { $host } respondeu à autenticação sem um token
api-no-token-remedy = Verifique STACKSPOT_IDM_URL; pode haver uma página de login ou um proxy no meio.
    .brief = Verifique STACKSPOT_IDM_URL.
api-no-segment = "{ $segment }" não pode ser um id de agente nem um realm
api-no-segment-remedy = Verifique a configuração agent, STACKSPOT_AGENT_ID e STACKSPOT_REALM.
    .brief = Verifique a configuração agent e STACKSPOT_REALM.
api-no-proxy-url = { $setting } não é uma URL de proxy, e o que passaria pelo proxy não é enviado
api-no-proxy-url-remedy = Escreva como http://proxy.example:3128 ou socks5h://127.0.0.1:1080, ou deixe vazio para ir sem proxy.
    .brief = Escreva o proxy como http://proxy.example:3128.
api-proxy-auto-config = { $setting } indica um arquivo de regras de proxy (PAC) em vez de um proxy, e o que passaria pelo proxy não é enviado
api-proxy-auto-config-remedy = Procure nesse arquivo o proxy deste serviço e defina o endereço dele, como http://proxy.example:3128.
    .brief = Defina o endereço do proxy no lugar do arquivo PAC.
api-no-client = Não é possível criar um cliente HTTPS nesta máquina ({ $problem })
api-no-client-remedy = Verifique se o sistema tem certificados raiz (ca-certificates), ou defina STACKSPOT_CA_BUNDLE.
    .brief = Instale certificados raiz (ca-certificates).
api-redirect = { $host } respondeu com um redirecionamento (HTTP { $status }), que foi recusado: a requisição leva uma credencial, ou o que você envia
api-odd-status = { $host } respondeu com HTTP { $status }, que não é uma resposta válida a esta requisição
api-compressed = { $host } enviou uma resposta comprimida que não foi pedida
api-compressed-remedy = Um proxy no meio pode estar reescrevendo as respostas; isente este host dele.
    .brief = Faça o proxy não mexer nas respostas deste host.
file-problem-name = "{ $name }" não é um nome de arquivo. Use caracteres simples, no máximo { $bytes } bytes.
file-problem-unreadable = "{ $name }" não pode ser lido ({ $reason }). Verifique o caminho e as permissões.
file-problem-no-file = "{ $name }" não é um arquivo comum. Envie os arquivos um por um.
file-problem-empty = "{ $name }" está vazio. Não há nada para enviar.
file-problem-too-large = "{ $name }" tem { $size } MB, e são enviados no máximo { $limit } MB. Envie a parte que importa.
file-problem-program = "{ $name }" é um programa, que nenhum agente lê. Envie o próprio texto, documento ou imagem.
file-problem-archive = "{ $name }" é um arquivo compactado, que nenhum agente lê. Envie o próprio texto, documento ou imagem.
file-problem-changed = "{ $name }" mudou durante o envio. Envie-o de novo quando nada estiver gravando nele.
bundle-unusable = O arquivo de CAs { $path } não pode ser usado ({ $problem }); continuando só com as raízes do sistema. Verifique STACKSPOT_CA_BUNDLE: deve ser um arquivo de certificados PEM.
    .brief = Verifique STACKSPOT_CA_BUNDLE: não pode ser usado.
bundle-partly-used = O arquivo de CAs { $path } é usado, exceto { $bad }; os outros { $good } são usados. Verifique STACKSPOT_CA_BUNDLE.
    .brief = Verifique STACKSPOT_CA_BUNDLE: uma parte não pode ser usada.
bundle-bad = certificado { $place }, na linha { $line } ({ $problem })
bundle-empty = não há certificado nele
bundle-no-end = falta o fim
bundle-no-content = está vazio

## O que está errado nas configurações e nas credenciais

settings-floor = O editor define { $key } como "{ $asked }", que é menos rígido que "{ $floor }": este fica, pois editores leem configurações de workspaces. Para afrouxar, defina-o no seu config.toml.
    .brief = { $key } fica “{ $floor }”: afrouxe-o no seu config.toml.
settings-unreadable = as configurações de stackspot-lsp não podem ser lidas: { $error }
settings-no-object = as configurações de { $layer } devem ser um objeto, mas são { $found }
settings-no-agent-id = falta a configuração "{ $key }" de { $layer }: deve ser o id do agente "{ $name }"
settings-wrong = a configuração "{ $key }" de { $layer } deve ser { $expected }, mas é { $found }
    .brief = “{ $key }” deve ser { $expected }, mas é { $found }
settings-unknown = a configuração "{ $key }" de { $layer } é desconhecida e foi ignorada
    .brief = “{ $key }” não é uma configuração, e foi ignorada.
settings-unknown-like = a configuração "{ $key }" de { $layer } é desconhecida e foi ignorada; você quis dizer "{ $meant }"?
    .brief = Você quis dizer “{ $meant }”? “{ $key }” não é configuração.
settings-misplaced = a configuração "{ $key }" de { $layer } foi ignorada: um editor ou workspace nunca decide para onde vão código e credenciais. Defina { $place } do seu próprio arquivo de usuário
    .brief = Defina { $place } no seu arquivo: “{ $key }” é ignorada aqui.
settings-misplaced-in-file = a chave "{ $key }" de { $layer } é desconhecida e foi ignorada; você quis dizer { $place }?
    .brief = Você quis dizer { $place }? “{ $key }” é desconhecida.
settings-place = { $variable } no ambiente, ou { $key }
expected-bool = true ou false
expected-texts = uma lista de textos
expected-text = texto
expected-one-of = um de { $texts }
expected-whole = um número inteiro
expected-whole-characters = um número inteiro de caracteres
expected-whole-lines = um número inteiro de linhas
expected-whole-milliseconds = um número inteiro de milissegundos
expected-whole-attempts = um número inteiro de tentativas
expected-whole-requests = um número inteiro de requisições
expected-whole-jobs = um número inteiro de tarefas
expected-whole-remarks = um número inteiro de observações
expected-at-least = no mínimo { $min }
expected-at-most = no máximo { $max }
expected-object = um objeto
expected-or-object = { $expected } ou um objeto
expected-command = texto para o shell, ou uma lista com o programa e seus argumentos
found-unset = vazia
found-number = o número { $number }
found-some-number = um número
found-long-text = um texto mais longo
found-text = o texto { $text }
found-list = uma lista
found-table = uma tabela
found-date = uma data
user-file-unreadable = { $path } não pode ser lido: { $reason }. Corrija as permissões, ou remova-o
user-file-syntax = { $path }:{ $line }: { $reason }. Corrija a linha
user-file-value = { $path }:{ $line }: `{ $key }` deve ser { $expected }, mas é { $found }
user-file-open-to-others = { $path } está aberto a outros usuários desta máquina, que poderiam ler seu segredo ou decidir quem recebe o seu código. Execute: chmod 600 '{ $path }'
    .brief = Execute: chmod 600 '{ $path }'
user-file-no-endpoint = a chave "{ $key }" de config.toml é desconhecida e foi ignorada; os endpoints são idm, inference, data e agents
    .brief = Corrija o endpoint “{ $key }” de config.toml: é desconhecido.
value-unwrapped = { $name } vem com mais do que o seu valor: aspas, marcas invisíveis, quebras de linha ou o nome de um cabeçalho. Isso é deixado de fora; escreva só o valor.
    .brief = Escreva { $name } sem aspas nem outras marcas.
credential-missing = Você não entrou: execute stackspot-lsp login, ou experimente tudo sem uma conta com stackspot-lsp --sandbox. Falta: { $parts }. Cada um pode também ser uma variável no ambiente, ou uma chave no arquivo do usuário config.toml
    .brief = Você não entrou: execute stackspot-lsp login.
credential-no-realm = o realm (o slug da sua conta): STACKSPOT_REALM, ou `realm`
credential-no-id = o client id: STACKSPOT_CLIENT_ID, ou `client_id`
credential-no-secret = o client secret: STACKSPOT_CLIENT_SECRET ou STACKSPOT_CLIENT_KEY, ou `client_secret` ou `client_secret_command`
credential-other = { $keeping } guarda uma credencial do realm "{ $realm }" e do client id "{ $id }", e STACKSPOT_REALM ou STACKSPOT_CLIENT_ID indica outra. Remova-as, forneça também o secret, ou execute stackspot-lsp login
    .brief = Execute stackspot-lsp login: outra credencial está guardada.
credential-secret-twice = config.toml tem client_secret e client_secret_command; o comando não é executado
    .brief = Deixe só client_secret ou client_secret_command.
key-of-file = `{ $key }` de config.toml
account-id-odd = { $name } tem caracteres que nenhum cabeçalho HTTP aceita
endpoint-no-url = { $name } não é uma URL
endpoint-scheme = { $name } não é https:// nem http:// de loopback
endpoint-query = { $name } contém uma query ou um fragmento
endpoint-remedy = Escreva uma URL base como https://idm.stackspot.com.
    .brief = Defina um endereço que comece com https://.
endpoint-password = { $name } contém usuário ou senha
endpoint-password-remedy = Tire-os da URL.
endpoint-plain = { $name } é http:// sem TLS, o que mostraria código e credenciais à rede
endpoint-plain-remedy = Use https://; http:// só é aceito para endereços de loopback.
    .brief = Use https:// no endereço.
endpoint-shortened = { $name } contém um caminho que o programa acrescenta sozinho. Ele é deixado de fora; escreva { $base }.
    .brief = Escreva { $name } como { $base }.
keeping-keyring = o chaveiro deste sistema
keep-keyring = O chaveiro deste sistema não pode ser usado: { $reason }. Desbloqueie-o e tente de novo
keep-timeout = O chaveiro deste sistema não respondeu em { $seconds } s. Ele está esperando a senha em algum lugar?
    .brief = Desbloqueie o chaveiro do sistema: ele não respondeu.
keep-file = { $path } não pode ser usado: { $reason }
keep-unreadable = O que { $keeping } guarda não é uma credencial de stackspot-lsp. Execute: stackspot-lsp logout, e depois stackspot-lsp login
    .brief = Execute: stackspot-lsp logout, depois stackspot-lsp login
kept-was-open = { $path } estava aberto a outros usuários desta máquina, que podem ter lido o client secret nele. Agora é só seu; por segurança, crie um novo secret na StackSpot e execute: stackspot-lsp login
    .brief = Crie um novo secret: outros podiam ler o que está guardado.
kept-is-open = { $path } guarda seu client secret, está aberto a outros usuários desta máquina e não pôde ser tornado só seu ({ $reason }). Mova-o para um disco que conheça permissões, ou execute: chmod 600 '{ $path }'
    .brief = Execute: chmod 600 '{ $path }'
keep-nowhere = Não há chaveiro, nem diretório home para um arquivo. Defina HOME, ou use as variáveis de ambiente
secret-command-start = client_secret_command não iniciou: { $reason }. Verifique o comando em config.toml
    .brief = Verifique client_secret_command em config.toml: { $reason }
secret-command-timeout = client_secret_command não respondeu em { $seconds } segundos. Execute-o em um terminal: ele espera alguma entrada?
    .brief = Execute client_secret_command num terminal: não responde.
secret-command-failed = client_secret_command falhou ({ $status }): { $stderr }. Execute-o em um terminal para ver o motivo
    .brief = Execute client_secret_command num terminal: ele falha.
secret-command-empty = client_secret_command não imprimiu um secret. Ele deve imprimir o client secret, e nada mais, em stdout
    .brief = Faça client_secret_command imprimir só o secret.
user-file-unusable = O arquivo do usuário não pode ser usado: { $problem }.
    .brief = Corrija config.toml: { $problem }.

## O que está errado em um arquivo de prompt

prompt-file-unusable = O arquivo de prompt { $file } não pôde ser usado: { $problem }.
    .brief = Corrija o arquivo de prompt { $file }: { $problem }.
prompt-problem-unreadable = não pode ser lido: { $reason }
prompt-problem-no-file = não pode ser lido: não é um arquivo
prompt-problem-outside = está fora da pasta do workspace, e links para fora dela não são seguidos
prompt-problem-guarded = é um link para um arquivo que pode conter segredos ou não é destinado a agentes; escreva o prompt no próprio arquivo
prompt-problem-too-large = é maior que { $kib } KiB
prompt-problem-too-many = há mais de { $most } arquivos de prompt na pasta; este e os seguintes ficam de fora
prompt-problem-not-utf8 = não está em UTF-8
prompt-problem-name = o nome só pode ter letras, dígitos, “-” e “_”, no máximo { $longest }
prompt-problem-built-in = o nome é o de uma ação embutida; renomeie o arquivo
prompt-problem-empty = não há prompt nele
prompt-problem-left-open = o front matter não é fechado por uma linha “---”
prompt-problem-too-long = o front matter é longo demais
prompt-problem-no-yaml = o front matter não é um YAML válido: { $reason }
prompt-problem-no-key = não existe a chave “{ $key }”
prompt-problem-no-text = “{ $key }” deve ser um texto
prompt-problem-no-texts = “{ $key }” deve ser uma lista de textos
prompt-problem-no-result = “{ $key }” deve ser “answer”, “replace”, “insert”, “file” ou “remarks”
prompt-problem-no-instruction = “{ $key }” deve ser true, false ou um texto
prompt-problem-no-switch = “{ $key }” deve ser true ou false
prompt-problem-file-outside = o arquivo “{ $file }” está fora do workspace; indique os arquivos pelos caminhos dentro dele
prompt-problem-no-pattern = “{ $pattern }” não é um padrão de arquivos: { $reason }
prompt-problem-kind = o tipo “{ $kind }” não é permitido; use “quickfix”, “refactor.…” ou “stackspot-lsp.…”
template-line = linha { $line }
template-did-you-mean = você quis dizer “{ $meant }”?
template-none = não é um template válido
template-not-available = { $what } não estão disponíveis em arquivos de prompt
template-no-variable = não existe a variável “{ $name }”
template-no-filter = não existe o filtro “{ $name }”
template-no-test = não existe o teste “{ $name }”
template-too-many-steps = o template precisa de passos demais
template-blank = não sobra nada do prompt, pois todo ele depende de algo que não existe
template-too-long = o prompt fica maior que os { $chars } caracteres que “context.maxChars” deixa para ele
template-too-many-lines = o arquivo tem linhas demais
template-too-much-in-braces = há conteúdo demais entre um par de chaves
template-too-many-elifs = há “elif” demais
template-blocks = blocos “{ $name }”
template-do-tags = tags “do”
template-recursive-loops = laços recursivos
template-calculations = cálculos
template-calculations-with-texts = cálculos (textos são unidos com “~”)
template-lists = listas que não sejam só de textos e números
template-tuples = tuplas
template-maps = mapas
template-calls = chamadas
template-star-arguments = argumentos com “*”
template-several-parts = nomes de várias partes
template-arguments = argumentos que não são constantes, neste lugar,
template-names = nomes de filtros e testes que não são constantes

## Documentos e seu tamanho

prompt-too-large = A seleção é grande demais: o prompt teria { $needed } caracteres, e "context.maxChars" permite { $budget }. Selecione menos, ou aumente a configuração.
sync-not-open = O editor alterou { $uri } sem tê-lo aberto; a alteração foi ignorada. Feche o arquivo e abra-o de novo.
sync-lost = { $uri } está fora de sincronia com o editor: { $reason }. Nada será editado nele até que você feche o arquivo e o abra de novo.
    .brief = Feche o arquivo e abra de novo: editor e servidor divergem.
sync-versions = ele enviou a versão { $version } depois da versão { $previous }
sync-bad-change = uma alteração não pôde ser aplicada porque { $problem }
sync-no-version = uma alteração veio sem versão
sync-unreadable = uma alteração não pôde ser lida ({ $problem })
document-not-open = { $uri } não está aberto no editor. Abra o arquivo e tente de novo.
    .brief = Abra o arquivo e tente de novo.
document-lost = { $uri } está fora de sincronia com o editor: { $reason }. Feche o arquivo, abra-o de novo e repita.
    .brief = Feche o arquivo, abra de novo e tente outra vez.
document-version-unknown = A versão { $version } de { $uri } não é mais conhecida. Selecione o texto de novo e repita.
    .brief = Selecione o texto de novo e tente: ele mudou.
document-gone = O que estava selecionado em { $uri } foi apagado desde então. Selecione o texto de novo e repita.
    .brief = Selecione o texto de novo e tente: ele foi apagado.
document-range = Em { $uri }, { $problem }. Selecione o texto de novo e repita.
    .brief = Selecione o texto de novo e tente: { $problem }.
range-place = linha { $line }, caractere { $character }
range-backwards = o intervalo começa em { $start } mas termina antes disso, em { $end } (contando de 0)

## O que parece um segredo

guard-what-assigned = um segredo atribuído a { $name }
guard-kind-private-key = { $count ->
    [one] uma chave privada
   *[other] { $count } chaves privadas
}
guard-kind-wallet = { $count ->
    [one] a chave de uma carteira
   *[other] { $count } chaves de carteiras
}
guard-kind-signing-secret = { $count ->
    [one] o segredo de assinatura de um webhook
   *[other] { $count } segredos de assinatura de webhooks
}
guard-kind-jwt = { $count ->
    [one] um JSON Web Token (JWT)
   *[other] { $count } JSON Web Tokens (JWT)
}
guard-kind-url = { $count ->
    [one] uma URL com senha
   *[other] { $count } URLs com senhas
}
guard-kind-base64 = { $count ->
    [one] um login em Base64
   *[other] { $count } logins em Base64
}
guard-kind-bearer = { $count ->
    [one] um token bearer
   *[other] { $count } tokens bearer
}
guard-kind-cookie = { $count ->
    [one] o cookie de uma sessão
   *[other] { $count } cookies de sessões
}
guard-kind-password = { $count ->
    [one] uma senha
   *[other] { $count } senhas
}
guard-kind-assigned = { $count ->
    [one] um segredo sob um nome que o indica
   *[other] { $count } segredos sob nomes que os indicam
}
guard-kind-key = { $count ->
    [one] uma chave de { $of }
   *[other] { $count } chaves de { $of }
}
guard-kind-token = { $count ->
    [one] um token de { $of }
   *[other] { $count } tokens de { $of }
}
guard-kind-secret = { $count ->
    [one] um segredo de { $of }
   *[other] { $count } segredos de { $of }
}
guard-kind-account = { $count ->
    [one] uma conta de { $of }
   *[other] { $count } contas de { $of }
}
guard-kind-web-hook = { $count ->
    [one] um webhook de { $of }
   *[other] { $count } webhooks de { $of }
}
guard-file-environment = um arquivo de ambiente
guard-file-private-key = uma chave privada
guard-file-key-or-certificate = uma chave privada ou um certificado
guard-file-certificate = um certificado
guard-file-key-store = um repositório de chaves
guard-file-credentials = um arquivo de credenciais
guard-file-secrets = um arquivo de segredos
guard-file-settings = configuração de { $of }, muitas vezes com segredos
guard-file-logins = uma lista de logins
guard-file-passwords = uma lista de senhas
guard-file-database-passwords = uma lista de senhas de banco de dados
guard-file-history = um histórico do que foi digitado
guard-file-vpn = um perfil de VPN, com suas chaves
guard-file-wallet = uma carteira

## Antes de algo ser enviado, e enquanto uma edição aguarda

menu-show-prompt = Mostrar o que seria enviado à StackSpot AI
menu-show-prompt-of = Mostrar o que “{ $title }” enviaria
lens-apply = Aplicar “{ $title }”
lens-apply-into = Aplicar “{ $title }” em { $file }
lens-apply-merged = Mesclar
lens-apply-in-place = Substituir o meu
lens-apply-part = Aplicar esta mudança
lens-discard-part = Descartar esta mudança
lens-preview = Ver diferenças
lens-preview-first = StackSpot AI: Ver diferenças
lens-discard = Descartar
description-title = O que seria enviado à StackSpot AI
description-not-sent = Nada foi enviado.
description-others = As ações de código deste documento mostram o que cada outra ação enviaria.
description-action = ação: { $title } (`{ $id }`)
description-to = para: { $to }
description-to-sandbox = o sandbox neste processo
description-agent = agente: `{ $agent }`
description-agent-version = agente: `{ $agent }`, versão { $version }
description-no-knowledge = fontes de conhecimento do agente: não usadas
description-knowledge = fontes de conhecimento do agente: usadas
description-deep-knowledge = fontes de conhecimento do agente: usadas, com busca profunda
description-no-sources = outras fontes de conhecimento: nenhuma
description-sources = outras fontes de conhecimento: { $ids }
description-no-conversation = conversa: nenhuma
description-new-conversation = conversa: uma nova
description-conversation = conversa: continua `{ $id }`
description-further-fields = outros campos, de `extraBody`: { $names }
description-upload = arquivo a enviar: `{ $file }`
description-size = tamanho do prompt: { $chars } de { $budget } caracteres (`context.maxChars`)
description-suspicion = a proteção de segredos encontrou: { $reasons }
description-parts = As partes
description-part = parte
description-characters = caracteres
description-prompt = O prompt
part-task = tarefa
part-instruction = instrução
part-selection = seleção
part-diagnostics = problemas que o editor relata
part-rules = regras
part-imports = importações
part-inside = cabeçalhos do que contém a seleção
part-declarations = declarações do que ela usa
part-surroundings = linhas em volta da seleção
part-open-document = documento aberto
part-conversation = o que foi dito antes
fate-cut = cortado: o orçamento acabou
fate-over-budget = omitido: o orçamento acabou
fate-held-back = omitido: pode conter um segredo, ou não é para agentes

## Na linha de comando

shell-warning = aviso: { $text }
shell-more-help = Para saber mais, use '--help'.
shell-settings-unusable = { $problem }. Corrija config.toml.
shell-sandbox = [sandbox] Quem responde é um agente roteirizado neste processo: sem conta, sem rede.
shell-no-agent = Nenhum agente está configurado. Indique um com --agent, ou defina STACKSPOT_AGENT_ID no ambiente ou `agent` em config.toml com o id de um agente da StackSpot AI.
limit-counted-alone = O limite de requisições da conta é contado só para este processo, pois { $path } não pode ser usado ({ $error }). Deixe a pasta gravável para dividir o limite com seus editores
    .brief = Torne { $path } gravável para dividir o limite.
shell-not-written = Não foi possível escrever o resultado: { $error }.
shell-partial = O que o agente tinha dito até então:
shell-question = { $question } [s/N]
shell-streaming = o agente está escrevendo
shell-uploading = enviando { $name }
shell-go-on = [para continuar: stackspot-lsp ask --conversation { $id }]

cli-flag-before-command = { $flag } antes de { $command } é para o servidor; o que { $command } aceita vem depois dele
cli-model-without-sandbox = --model-url põe um modelo por trás do sandbox: acrescente --sandbox

run-would-upload = Este arquivo seria enviado: { $file }
run-would-find = A proteção de segredos encontrou: { $reasons }
run-would-go = Isto iria para o agente { $agent } em { $address }:
run-would-go-to-sandbox = Isto iria para o agente { $agent } no sandbox embutido:
run-unknown-action = ação desconhecida "{ $action }"; as conhecidas são { $known }.
run-needs-words = "{ $action }" precisa de palavras suas: --instruction TEXTO.
run-unreadable = { $file } não pode ser lido ({ $reason }).
run-folder = { $file } é uma pasta. Indique um arquivo.
run-no-text = { $file } não é um texto em UTF-8 nem em UTF-16 e por isso fica como está. Converta-o para UTF-8; o que não é texto pode ir com stackspot-lsp ask --file, se um agente puder lê-lo.
run-diff-of-utf16 = { $file } está em UTF-16, e este diff, em UTF-8: nem git nem patch o aplicam. Use --write
run-no-line = { $file } não tem a linha { $line }: elas são contadas de 1 a { $count }.
run-lines-backwards = as linhas { $first }-{ $last } terminam antes de começar; escreva { $last }-{ $first }.
run-write-it = Com --write, ela é gravada.
run-changed = { $file } foi alterado.
run-unchanged = { $file }: o agente não encontrou nada a mudar.
run-unchanged-because = { $file }: o agente não mudou nada. { $reason }
run-not-changed = { $file } não foi alterado. { $reason }
run-no-edit = Não foi possível fazer uma edição da resposta. { $reason }
run-made = { $file } foi criado.
run-added-to = { $file } recebeu um acréscimo.
run-not-written = { $file } não foi gravado. { $reason }
run-read-only = O arquivo é somente leitura.
run-cannot-write = Ele não pode ser gravado ({ $reason }).
run-changed-on-disk = Ele mudou no disco enquanto o agente escrevia. Execute de novo.

ask-nothing = não há o que perguntar. Escreva um prompt, ou passe um pela entrada: stackspot-lsp ask 'O que é …?'
ask-too-large = O prompt é grande demais: tem { $chars } caracteres ou mais, e `context.maxChars` permite { $budget }. Passe menos pela entrada, envie como arquivo com --file, ou aumente o valor em config.toml.
ask-stdin-unreadable = stdin não pode ser lido ({ $error }).
ask-stdin-no-text = Não enviado: o que veio pelo pipe não é texto. Passe-o com --file, se um agente puder lê-lo.
ask-source = [fonte: { $source }]

agents-none = A credencial não vê nenhum agente. Um agente compartilhado com ela de outro modo pode ser usado pelo id.

login-paste = Cole os comandos curl da página do portal (API Usage) e tecle Enter e Ctrl-D. Nada disso é mostrado
login-no-curl = Nenhuma requisição à StackSpot foi encontrada no texto colado. Copie inteiros os comandos curl da página do agente (API Usage), com o que vai a …/oidc/oauth/token. Nada foi guardado.
login-token-in-curl = O texto colado contém um token bearer. O token vale por alguns minutos, e quem o tem pode usar a sua conta. Por isso ele não foi guardado. Cole a requisição do token, com o client id e o client secret. Nada foi guardado.
login-curl-lacks = O que foi colado não tem { $part } (ou tem um nome em seu lugar): passe também { $flag }.
login-curl-lacks-secret = O que foi colado não tem o client secret (ou tem um nome em seu lugar), e stdin não é um terminal em que se possa perguntar. Ponha ali o client secret da conta. Nada foi guardado.
login-read = Lido: { $what }.
login-file-written = { $path } foi gravado: { $keys }.
login-file-not-written = A credencial foi guardada, mas { $path } não pôde ser gravado ({ $error }). Defina lá: { $keys }.
login-ask-realm = Realm (o slug da sua conta)
login-ask-client-id = Client id
login-ask-secret = Client secret (ou client key; nada é mostrado)
login-not-asked = Não foi possível perguntar nada: { $error }.
login-unreadable = Não foi possível ler a resposta: { $error }.
login-no-terminal = stdin não é um terminal em que se possa perguntar: passe também { $flag }.
login-empty = { $flag } está vazio.
login-empty-secret = o secret está vazio. Digite-o em um terminal, ou passe-o pela entrada.
login-not-kept = Nada foi guardado. { $error }
login-kept = A credencial funciona. Onde ela fica guardada: { $keeping }.
login-in-a-file = este sistema não tem chaveiro. Por isso a credencial fica nesse arquivo como texto puro; só você pode ler o arquivo.
login-variable-goes-over-it = { $name } está definida no ambiente e vale mais do que o que está guardado.
login-file-goes-over-it = config.toml tem um secret, que vale mais do que o que está guardado.
logout-nothing = Nenhuma credencial estava guardada.
logout-removed = A credencial foi removida. Onde ela estava guardada: { $keeping }.

sandbox-port = A porta { $port } em loopback não pode ser usada: { $error }. Tente outra, ou --port 0.
sandbox-serves = Um sandbox da API de agentes da StackSpot AI atende aqui. Ctrl-C o encerra.
sandbox-model = Quem responde é um modelo em { $url }.
sandbox-model-exposed = { $url } é http:// sem TLS: outros na rede podem ler os prompts.
sandbox-no-interrupt = Não é possível esperar por Ctrl-C: { $error }.

demo-opens = Um editor inicia o servidor e abre inventory.py
demo-selects = A desenvolvedora seleciona a função; estas são as ações de código dela
demo-explains = “Explicar”: a resposta chega enquanto é escrita
demo-refactors = “Refatorar”: a resposta vira uma única edição, aqui em forma de diff
demo-outcome = resultado: { $outcome }
demo-outcome-applied = resultado: { $outcome }; um só passo para desfazer
demo-outcome-because = resultado: { $outcome }: { $reason }
demo-reviews = “Revisar”: cada observação fica na sua linha, e a correção entra com um clique
demo-cancels = “Explicar” de novo, cancelado no meio: a conexão se fecha na hora
demo-done-before = terminou antes que desse para cancelar
demo-end = Esse era o servidor de verdade no sandbox dele. Para tê-lo no seu editor, veja o README: `stackspot-lsp --sandbox`.
demo-end-with-model = Esse era o servidor de verdade no sandbox dele, com respostas do modelo em { $url }. Para tê-lo no seu editor, veja o README: `stackspot-lsp --sandbox`.
demo-broke-off = A demonstração foi interrompida: { $error }.

## O que doctor encontra

doctor-ok = ok
doctor-warning = aviso
doctor-failed = falhou
doctor-skipped = pulado
doctor-settings = configuração
doctor-credential = credencial
doctor-network = rede
doctor-token = token
doctor-agent = agente
doctor-latency = latência
doctor-not-checked = Não verificado, por causa do que falhou acima.
doctor-file-in-order = { $path } está em ordem.
doctor-no-file = Não há { $path }; valem o ambiente e os valores padrão.
doctor-no-home = Não há diretório home para um config.toml; valem o ambiente e os valores padrão.
doctor-client-id = Client id { $id } do realm { $realm }.
doctor-ready-token = Um token pronto (STACKSPOT_TOKEN); ele não pode ser renovado.
doctor-answers = { $url } responde.
doctor-accepted = A credencial foi aceita.
doctor-token-untried = Cabe ao serviço dizer se o token ainda vale.
doctor-no-agent = Nenhum agente está configurado. Defina STACKSPOT_AGENT_ID, ou `agent` em config.toml; stackspot-lsp agents lista os da conta.
doctor-agent-listed = { $name } ({ $id }) está entre os agentes da conta; nada foi perguntado a ele.
doctor-agent-not-listed = O agente "{ $id }" não está entre os { $count } que a conta lista
doctor-agent-not-known = A lista de agentes não está disponível ({ $error }), por isso não se sabe se o agente "{ $id }" existe
doctor-agent-not-asked = { $found }. Nada foi perguntado a ele: tire --no-ask para fazer uma pergunta curta.
doctor-agent-answered = O agente "{ $id }" respondeu a uma pergunta curta.
doctor-agent-answered-for = O agente "{ $id }" respondeu a uma pergunta curta ({ $cost }).
doctor-until-first-word = { $milliseconds } até a primeira palavra do agente.
doctor-until-token = { $milliseconds } até haver um token.

## Observações nas suas linhas

action-suggest = Sugerir refatorações com StackSpot AI
    .brief = Sugerir refatorações
remark-review-file = Revisar este arquivo com StackSpot AI
remark-review-changed = Revisar o que mudou com StackSpot AI
menu-fix-rule = Corrigir tudo de { $rule } aqui ({ $count })
remark-apply = Aplicar: { $said }
remark-look = Ver a sugestão: { $said }
remark-proposed = A sugestão de “{ $title }” espera ser aplicada ou descartada. { $reason }
    .brief = { $title } espera ser aplicado ou descartado. { $reason }
remark-apply-safe = Aplicar todas as sugestões seguras ({ $count })
remark-fix = Mandar corrigir: { $said }
remark-dismiss = Dispensar
remark-dismiss-one = Dispensar: { $said }
remark-dismiss-all = Dispensar todas
remark-ask = Perguntar sobre isto…
remark-uncertain = { $said } (O agente pode ter outra linha em mente.)
remark-nothing = “{ $title }”: o agente não tem nada a observar.
remark-count = “{ $title }”: { $count ->
    [one] uma observação
   *[other] { $count } observações
}.
remark-without-fix = Não há mais sugestão para estas linhas.
remark-not-applied = “{ $title }”: a sugestão não foi aplicada. { $reason }
    .brief = { $title }: não aplicado. { $reason }
progress-remarks = { $count ->
    [one] uma observação
   *[other] { $count } observações
}
progress-remarked = { $count ->
    [one] uma observação
   *[other] { $count } observações
}: { $usage }
run-nothing-changed = Nada mudou.
run-nothing-to-remark = O agente não tem nada a observar.
run-fixes = { $count ->
    [one] Uma destas tem uma sugestão
   *[other] { $count } destas têm uma sugestão
} que pode ser gravada: --write.
run-wrote-fixes = { $count ->
    [one] Uma sugestão gravada
   *[other] { $count } sugestões gravadas
} em { $file }.
run-no-remarks = { $file }: a resposta não traz observações que se possam ler; rode com --format text para lê-la
run-gate = { $count ->
    [one] uma observação é
   *[other] { $count } observações são
} de severidade { $severity } ou pior
run-flags-of-remarks = --format, --fail-on e --diff são para ações que dão observações, como review e suggest; { $action } não dá nenhuma.
run-one-file = { $action } recebe um arquivo só.
run-sarif-is-for-fix = --sarif vai com a ação fix.
run-no-sarif = { $file } não é um relatório SARIF que se possa ler ({ $reason })
run-no-findings = O relatório não tem achados em arquivos.
run-finding-outside = { $file } fica fora do workspace, por isso o achado ali é deixado de fora e o arquivo não é lido. Para corrigi-lo, rode o comando na pasta dele.
git-missing = não foi possível iniciar o git ({ $error }); é dele que se lê o que mudou
git-failed = o git não diz o que mudou: { $error }
git-no-revision = “{ $revision }” não é uma revisão
git-no-file = Este documento não é um arquivo, então o git não sabe dizer o que mudou nele.
too-many-changes = { $count } lugares mudaram, e uma revisão pergunta sobre no máximo { $most }: revise o arquivo, ou uma parte dele.
    .brief = Revise o arquivo, ou uma parte: { $count } lugares mudaram.

## O que o usuário acrescentou à mão à próxima pergunta.

added-lines = { $name }:{ $lines }
added-problems = problemas de { $name }
added-changes = mudanças desde o último commit
added-to-next = { $name } acrescentado: a próxima pergunta leva { $count ->
    [one] uma parte
   *[other] { $count } partes
}, { $chars } de { $budget } caracteres.
added-carried = A próxima pergunta leva { $names }: { $chars } de { $budget } caracteres.
added-none = Nada foi acrescentado à próxima pergunta.
added-unreadable = { $name } não pode ser acrescentado: { $cause }.
added-no-text = não é texto
added-not-open = não está aberto e não é um arquivo
added-no-lines = não há nada nestas linhas
added-no-problems = o editor não relata nenhum problema aqui
added-no-changes = Nada mudou desde o último commit.
menu-add-file = Acrescentar este arquivo à próxima pergunta
menu-add-lines = Acrescentar estas linhas à próxima pergunta
menu-add-problems = Acrescentar estes problemas à próxima pergunta
menu-add-changes = Acrescentar as mudanças desde o último commit à próxima pergunta
menu-added-show = Mostrar o que a próxima pergunta leva ({ $count })
menu-added-take-off = Tirar “{ $name }” da próxima pergunta
menu-added-clear = Tirar tudo da próxima pergunta
part-added = acrescentado à mão
