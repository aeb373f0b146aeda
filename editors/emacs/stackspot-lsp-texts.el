;;; stackspot-lsp-texts.el --- What StackSpot AI says, in English and Portuguese  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; The texts that the package shows.  They are in the language that the server
;; speaks: that of its setting `language', else that of the locale.

;;; Code:

(declare-function eglot-current-server "eglot")
(declare-function lsp-configuration-section "ext:lsp-mode")

(defconst stackspot-lsp--texts
  '((action-explain "explain" "explicar")
    (action-review "review" "revisar")
    (action-suggest "suggest" "sugerir")
    (action-refactor "refactor" "refatorar")
    (action-fix "fix" "corrigir")
    (action-document "document" "documentar")
    (action-test "test" "testar")
    (action-ask "ask" "perguntar")
    (action-edit "edit" "editar")
    (works "  ⋯ %s · StackSpot" "  ⋯ %s · StackSpot")
    (works-help "\\[stackspot-lsp-cancel] cancels it" "\\[stackspot-lsp-cancel] cancela")
    (server-ended "the server ended" "o servidor terminou")
    (says "StackSpot: %s: %s" "StackSpot: %s: %s")
    (cancelled "cancelled" "cancelado")
    (done "done; undo removes it" "pronto; desfazer devolve o texto de antes")
    (waits-keys "the edit waits, \\[stackspot-lsp-preview] shows it: %s" "a edição espera, \\[stackspot-lsp-preview] mostra: %s")
    (read-only "This buffer is read-only, so nothing was asked; `M-x read-only-mode' changes that"
               "Este buffer é só de leitura, então nada foi perguntado; `M-x read-only-mode' muda isso")
    (unchanged "the agent returned the text as it was" "o agente devolveu o texto como estava")
    (answered "answered" "respondido")
    (incomplete "; the answer is incomplete" "; a resposta está incompleta")
    (decimal "%d.%d" "%d,%d")
    (first-word " [first word after %s s]" " [primeira palavra após %s s]")
    (usage " [first word after %s s, %d → %d tokens]" " [primeira palavra após %s s, %d → %d tokens]")
    (head-live "  (\\`C-c C-k' cancels)" "  (\\`C-c C-k' cancela)")
    (head-ended "  (\\`f' follow up, \\`q' quit)" "  (\\`f' continuar, \\`q' fechar)")
    (prompt-ask "Ask (empty: open a conversation): " "Perguntar (vazio: abrir uma conversa): ")
    (prompt-edit "Edit as follows: " "Editar assim: ")
    (prompt-follow-up "Follow up: " "Continuar: ")
    (prompt-action "Action: " "Ação: ")
    (prompt-proposal "Edit: " "Edição: ")
    (prompt-agent "Agent: " "Agente: ")
    (agent-default "as the settings say" "como dizem as configurações")
    (agent-of-settings "the agent of the settings" "o agente das configurações")
    (asks "StackSpot: asks %s" "StackSpot: pergunta a %s")
    (nothing-asked "Nothing was asked about this buffer" "Nada foi perguntado sobre este buffer")
    (still-coming "The answer is still coming in" "A resposta ainda está chegando")
    (no-answer-here "No answer is shown here" "Nenhuma resposta é mostrada aqui")
    (nothing-runs "StackSpot: nothing runs here" "StackSpot: nada está em execução aqui")
    (discarded "StackSpot: discarded" "StackSpot: descartado")
    (no-edit-waits "No edit waits" "Nenhuma edição espera")
    (typed-in "You typed in the lines that it changes" "Você digitou nas linhas que ela muda")
    (way-merge "merge with what I typed" "mesclar com o que digitei")
    (way-replace "replace what I typed" "substituir o que digitei")
    (way-quit "leave it waiting" "deixar esperando")
    (waits-still "The edit still waits" "A edição continua esperando")
    (no-code-buffer "The code of this edit is not open" "O código desta edição não está aberto")
    (head-edit "  \\`y' apply, \\`n' discard, \\`e' ediff, \\`q' close: it waits"
               "  \\`y' aplicar, \\`n' descartar, \\`e' ediff, \\`q' fechar: espera")
    (context-part "%s (%d characters)" "%s (%d caracteres)")
    (context-total "Goes with the next question: %d, %d of %d characters"
                   "Vai com a próxima pergunta: %d, %d de %d caracteres")
    (context-none "Nothing was added to the next question" "Nada foi acrescentado à próxima pergunta")
    (context-add-region "add the region" "acrescentar a região")
    (context-add-file "add the file %s" "acrescentar o arquivo %s")
    (context-add-other "add another file" "acrescentar outro arquivo")
    (context-add-problems "add the problems of %s" "acrescentar os problemas de %s")
    (context-add-changes "add the changes since the last commit" "acrescentar as mudanças desde o último commit")
    (context-take-off "remove %s" "remover %s")
    (context-clear "remove everything" "remover tudo")
    (prompt-file "File: " "Arquivo: ")
    (head-conversation "  \\`C-c C-c' send, \\`C-c C-n' next, \\`C-c C-l' all of them"
                       "  \\`C-c C-c' enviar, \\`C-c C-n' próxima, \\`C-c C-l' todas")
    (menu-send "Send the Question" "Enviar a pergunta")
    (menu-again "Ask for the Last Answer Again" "Pedir de novo a última resposta")
    (menu-cancel "Stop the Answer" "Parar a resposta")
    (menu-next "Next Turn" "Próxima fala")
    (menu-previous "Previous Turn" "Fala anterior")
    (menu-insert "Insert the Code Block at the Code" "Inserir o bloco de código no código")
    (menu-new "New Conversation about the Code" "Nova conversa sobre o código")
    (menu-chats "Conversations…" "Conversas…")
    (prompt-chat "Conversation: " "Conversa: ")
    (no-conversation "This buffer is not a conversation; an empty question opens one" "Este buffer não é uma conversa; uma pergunta vazia abre uma")
    (no-conversations "There is no conversation yet; an empty question opens one"
                      "Ainda não há conversas; uma pergunta vazia abre uma")
    (no-more-turns "No more turns" "Não há mais falas")
    (no-agent "none" "nenhum")
    (token-valid "valid" "válido")
    (token-expired "expired" "expirado")
    (token-none "none" "nenhum")
    (status "StackSpot: agent %s%s, token %s; %d running, %d waiting; requests %d, tokens %d → %d"
            "StackSpot: agente %s%s, token %s; %d em execução, %d à espera; requisições %d, tokens %d → %d")
    (no-server "No StackSpot server in this buffer; `M-x stackspot-lsp-eglot' starts one"
               "Nenhum servidor da StackSpot neste buffer; `M-x stackspot-lsp-eglot' inicia um")
    (no-reply "StackSpot's server does not answer" "O servidor da StackSpot não responde")
    (only-program "Only %s is started: to have StackSpot beside it, install %s (`pip install rassumfrassum')."
                  "Só %s é iniciado: para ter a StackSpot ao lado dele, instale %s (`pip install rassumfrassum')."))
  "Each text by its key, in English and in Brazilian Portuguese.")

(defvar-local stackspot-lsp--language nil
  "The language of this buffer's texts, where it is not that of its settings.
An answer has that of the buffer that it is about.")

(defun stackspot-lsp--language ()
  "The language of the texts in this buffer: \"en\" or \"pt-BR\"."
  (or stackspot-lsp--language
      (let ((set (or (stackspot-lsp--eglot-setting) (stackspot-lsp--lsp-mode-setting))))
        (if (member set '("en" "pt-BR")) set
          (if (string-match-p "\\`pt\\(?:[-_.@]\\|\\'\\)" (downcase (or (getenv "LANG") ""))) "pt-BR" "en")))))

(defun stackspot-lsp--eglot-setting ()
  "The server's setting `language', where eglot has it from."
  (when (boundp 'eglot-workspace-configuration)
    (let ((settings (symbol-value 'eglot-workspace-configuration)))
      (when (functionp settings)
        (setq settings (ignore-errors (funcall settings (eglot-current-server)))))
      (plist-get (ignore-errors (plist-get settings :stackspot-lsp)) :language))))

(defun stackspot-lsp--lsp-mode-setting ()
  "The server's setting `language', where lsp-mode has it from."
  (when (featurep 'lsp-mode)
    (when-let* ((settings (gethash "stackspot-lsp" (lsp-configuration-section "stackspot-lsp"))))
      (gethash "language" settings))))

(defun stackspot-lsp--text (key &rest arguments)
  "The text of KEY in the language of this buffer, with ARGUMENTS put in."
  (pcase-let ((`(,english ,portuguese) (or (alist-get key stackspot-lsp--texts) (error "No text `%s'" key))))
    (apply #'format (if (equal (stackspot-lsp--language) "pt-BR") portuguese english) arguments)))

(defun stackspot-lsp--action (id)
  "The name of the action with this ID; that of a prompt file is its own."
  (let ((key (intern (concat "action-" id))))
    (if (assq key stackspot-lsp--texts) (stackspot-lsp--text key) id)))

(provide 'stackspot-lsp-texts)

;;; stackspot-lsp-texts.el ends here
