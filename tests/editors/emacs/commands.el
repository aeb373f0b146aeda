;;; commands.el --- Commands that are about no edit  -*- lexical-binding: t; -*-

;; `stories.el' loads it.

;;; Code:

;; lsp-mode itself counts the lines of a narrowed buffer from where it is narrowed to.
(unless (eq set-up 'lsp-mode)
  (story "a narrowed buffer is edited at its place"
    (open "project/report.py")
    (let ((before (text)))
      (select-mean)
      (beginning-of-defun)
      (narrow-to-region (point) (line-beginning-position 3))
      (press "C-c s r")
      (ended)
      (widen)
      (await "the edit" (lambda () (not (equal (text) before))))
      (sure (commented-p before (text)) (text))
      (settled))))

(story "an agent is chosen from the account's, and asked"
  (open "project/report.py")
  (press "C-c s w 01 TAB RET")
  (let ((agent (sure stackspot-lsp-agent "no agent was chosen")))
    (select-total)
    (press "C-c s e")
    (ended)
    (same (plist-get (stackspot-lsp--job-result stackspot-lsp--last) :agent) agent "the agent that answered"))
  (setq stackspot-lsp-agent nil))

(story "the status, the latest answer again, and an action of the workspace"
  (open "project/report.py")
  (press "C-c s ?")
  ;; Other packages may have said something behind it.
  (sure (seq-some (lambda (said) (string-match-p "sandbox.*0 running, 0 waiting" said)) story-said) "no status")
  (press "C-c s s")
  (await "the latest answer" (lambda () (visiting ".md")))
  (back-to-source)
  (select-total)
  (press "C-c s x Count TAB RET")
  (ended)
  (sure (answer-buffer) "no answer of the prompt file"))

(story "a prompt file that is put into the workspace is an action, without a restart"
  (open "project/report.py")
  (let ((file (expand-file-name "project/.stackspot/actions/late.md" story-home)))
    (write-region "---\ntitle: Come late\nresult: answer\n---\nSay this:\n\n{{ selection }}\n" nil file nil 'quiet)
    (await "the action"
           (lambda ()
             ;; Batch mode looks at the files that are watched only where it waits for keys.
             (read-event nil nil 0.05)
             (seq-some (lambda (row) (string-prefix-p "Come late" (plist-get row :title)))
                       (stackspot-lsp--call (stackspot-lsp--connection) "actions"))))
    (delete-file file)))

(defun carry (entry)
  "Choose ENTRY of what the next question can carry; returns the prompt."
  (let (seen)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (prompt entries &rest _)
                 (setq seen prompt)
                 (or (car (seq-find (lambda (it) (string-prefix-p entry (car it))) entries))
                     (error "No %s in %S" entry entries))))
              ((symbol-function 'read-file-name)
               (lambda (&rest _) (expand-file-name "project/greeting.py" story-home))))
      (press "C-c s +"))
    seen))

(defun carried ()
  "What was said last of what the next question carries."
  (seq-find (lambda (said) (string-match-p "\\`\\(?:Goes with\\|Nothing was added\\)" said)) story-said))

(story "parts are added to the next question with their sizes, removed, and sent once"
  (open "project/report.py")
  (same (carry "add the file") "Nothing was added to the next question: " "the prompt before")
  (sure (string-match-p "report\\.py ([0-9]+ characters)" (carried)) "not told")
  (select-total)
  (carry "add the region")
  (sure (string-match-p "report\\.py:4–5 ([0-9]+ characters)" (carried)) "no lines")
  (deactivate-mark)
  (sure (string-match-p "\\`Goes with the next question: 2, [0-9]+ of 60000 characters: " (carry "add another file")) "no size")
  (sure (string-match-p "greeting\\.py (" (carried)) "no other file")
  (carry "remove greeting.py")
  (sure (not (string-match-p "greeting\\.py" (carried))) "it is still there")
  (select-mean)
  (press "C-c s e")
  (ended)
  (same (carry "add the file") "Nothing was added to the next question: " "the prompt after a question")
  (carry "remove report.py")
  ;; Nothing was committed yet.
  (sure (string-match-p "\\`git does not report the changes" (cadr (should-fail (lambda () (carry "add the changes"))))) "why not"))

(story "the menu of code actions does it without a command of this package"
  (open "project/report.py")
  (let ((before (text)))
    (select-total)
    (menu "Explain")
    (with-current-buffer (await "the answer as a file" (lambda () (visiting ".md")))
      (sure (string-match-p "sandbox" (buffer-string)) (buffer-string)))
    (back-to-source)
    (select-total)
    (menu "Refactor")
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))
    (settled)
    (deactivate-mark)
    (press "C-/")
    (same (text) before "the text after one undo")))

(story "what looks like a secret is asked about, and stays here"
  (open "project/secret.py")
  (let (question)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (prompt &rest _) (setq question prompt) "Cancel")))
      (select-mean)
      (press "C-c s e")
      (ended))
    (sure (string-match-p "GitHub token.*Send it" (or question "")) "nothing was asked")
    (sure (string-match-p "Not sent" (car story-said)) "no word of it")
    (sure (not (answer-buffer)) "an answer was shown")))

(defun set-language (language)
  "Have the settings of the server say LANGUAGE, as the README does it."
  (pcase set-up
    ('lsp-mode (if language (lsp-register-custom-settings `(("stackspot-lsp.language" ,language)))
                 (remhash "stackspot-lsp.language" lsp-client-settings))
               (lsp--set-configuration (lsp-configuration-section "stackspot-lsp")))
    (_ (setq-default eglot-workspace-configuration `(:stackspot-lsp (:language ,language)))
       (eglot-signal-didChangeConfiguration (eglot-current-server)))))

(story "the package speaks the language of the settings, as the server does"
  (open "project/report.py")
  (set-language "pt-BR")
  (select-total)
  (press "C-c s e")
  (ended)
  (sure (string-match-p "explicar report.py: respondido" (car story-said)) "the end is not in Portuguese")
  (with-current-buffer (answer-buffer)
    (sure (string-match-p "primeira palavra após 0,[0-9] s.*continuar" header-line-format) header-line-format))
  (same (cadr (should-fail (lambda () (press "C-c s y")))) "Nenhuma edição espera" "Apply without an edit")
  (select-total)
  (menu "Explicar")
  (await "the answer as a file" (lambda () (visiting ".md")))
  (settled)
  (back-to-source)
  (set-language (if (eq set-up 'lsp-mode) nil "en"))
  (press "C-c s ?")
  (sure (seq-some (lambda (said) (string-match-p "sandbox.*0 running, 0 waiting" said)) story-said) "no status in English"))

(when (eq set-up 'alone)
  (story "without an account, one error that says what to do"
    (let ((stackspot-lsp-command '("stackspot-lsp")))
      (open "account/report.py")
      (select-total)
      (press "C-c s e")
      (ended)
      (let ((errors (seq-filter (lambda (it) (string-match-p "STACKSPOT_\\|config.toml" it)) story-said)))
        (same (length errors) 1 "times that the error was said")
        (sure (string-match-p "STACKSPOT_" (car errors)) "no remedy")
        (sure (<= (length (car story-said)) 90) (car story-said))
        (sure (string-match-p "stackspot-lsp login" (car story-said)) (car story-said))))
    (eglot-shutdown (eglot-current-server) nil 30)))

;;; commands.el ends here
