;;; answers.el --- Jobs, answers and questions  -*- lexical-binding: t; -*-

;; `stories.el' loads it.

;;; Code:

(defun marks ()
  "The lines at whose end it says that an agent works, with what it says."
  (mapcar (lambda (mark) (cons (line-number-at-pos (overlay-start mark))
                               (substring-no-properties (overlay-get mark 'after-string))))
          (seq-filter (lambda (it) (overlay-get it 'after-string)) (overlays-in (point-min) (point-max)))))

(story "a job shows where it works, also one of the menu, goes with the text, and no message is said of it"
  (open "project/report.py")
  (select-total)
  (press "C-c s e")
  (same (marks) '((4 . "  ⋯ explain · StackSpot")) "what is marked")
  (sure (string-match-p "C-c s c cancels" (get-char-property (save-excursion (goto-char (point-min)) (search-forward "def total") (point))
                                                             'help-echo))
        "it does not say how to cancel")
  (same story-said nil "what was said")
  (goto-char (point-min))
  (insert-as-user "# typed meanwhile\n")
  (when (marks) (same (caar (marks)) 5 "the line after typing above"))
  (ended)
  (same (marks) nil "what is marked after the end")
  (select-total)
  (press "C-c s r")
  (streaming)
  (press "C-c s c")
  (ended)
  (same (marks) nil "what is marked after it was cancelled")
  (select-total)
  (let ((typed (text)))
    (menu "Refactor")
    (same (marks) '((5 . "  ⋯ refactor · StackSpot")) "what the menu marks")
    (await "the edit" (lambda () (not (equal (text) typed))))
    (await "the end of the mark" (lambda () (null (marks))))
    (settled)))

(story "a server that ends takes its marks along, and says that it ended"
  (open "project/report.py")
  (select-total)
  (press "C-c s e")
  (streaming)
  (restart)
  (await "the end of the job" #'idle-p)
  (same (marks) nil "what is marked")
  (sure (seq-some (lambda (said) (string-match-p "cancelled\\|the server ended\\|Server died" said)) story-said) "no word of it"))

(story "C-c C-k in the answer stops the agent and keeps what came"
  (open "project/report.py")
  (select-total)
  (press "C-c s e")
  (streaming)
  (let ((answer (answer-buffer)))
    (select-window (get-buffer-window answer))
    (press "C-c C-k")
    (ended)
    (sure (string-match-p "cancelled" (car story-said)) "not cancelled")
    (sure (> (buffer-size answer) 0) "what came is lost")
    (sure (string-match-p "incomplete" (buffer-local-value 'header-line-format answer)) "no word of the cut")))

(story "cancelling in the source changes nothing"
  (open "project/report.py")
  (let ((before (text)))
    (select-total)
    (press "C-c s r")
    (streaming)
    (press "C-c s c")
    (ended)
    (sure (string-match-p "cancelled" (car story-said)) "not cancelled")
    (same (text) before "the text")
    (press "C-c s c")
    (await "the word that nothing runs" (lambda () (string-match-p "nothing runs" (car story-said))))))

(story "a question, and another one in the same buffer"
  (open "project/report.py")
  (select-total)
  (press "C-c s a What SPC for? RET")
  (ended)
  (let* ((answer (sure (answer-buffer) "no answer"))
         (first (with-current-buffer answer (buffer-string))))
    (sure (string-match-p "What for" first) first)
    (select-window (get-buffer-window answer))
    (press "f And SPC then? RET")
    (ended)
    (same (length (seq-filter (lambda (it) (string-prefix-p "*StackSpot" (buffer-name it))) (buffer-list))) 1 "answers")
    (with-current-buffer answer
      (sure (string-prefix-p first (buffer-string)) "the first answer is gone")
      (sure (string-match-p "\\*\\*And then\\?\\*\\*\n\n\\(.\\|\n\\)*And then" (buffer-string)) (buffer-string)))))

(story "an empty question opens a conversation in a file"
  (open "project/report.py")
  (select-total)
  (press "C-c s a RET")
  (ended)
  (with-current-buffer (await "the conversation" (lambda () (visiting ".md")))
    (sure (string-match-p "^## You" (buffer-string)) (buffer-string))))

(story "an edit by instruction"
  (open "project/report.py")
  (let ((before (text)))
    (select-total)
    (press "C-c s i handle SPC none RET")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (same (plist-get (stackspot-lsp--job-params stackspot-lsp--last) :instruction) "handle none" "instruction")
    (sure (commented-p before (text)) (text))))

(defun put-prompt-file (name head)
  "Write the prompt file NAME with this HEAD, wait until it is an action, and return it."
  (let ((file (expand-file-name (format "project/.stackspot/actions/%s.md" name) story-home)))
    (write-region (format "---\n%s\n---\nDo it:\n\n<selection>\n{{ selection }}\n</selection>\n" head) nil file nil 'quiet)
    (await "the action"
           (lambda ()
             ;; Batch mode looks at the files that are watched only where it waits for keys.
             (read-event nil nil 0.05)
             (seq-some (lambda (row) (equal (plist-get row :action) name))
                       (stackspot-lsp--call (stackspot-lsp--connection) "actions"))))
    file))

(story "a prompt file is an edit, a file or an answer as its result says, whatever its kind"
  (open "project/report.py")
  (let ((before (text))
        (files (list (put-prompt-file "swap" "title: Swap\nkind: stackspot-lsp.swap\nresult: replace")
                     (put-prompt-file "beside" "title: Beside\nresult: file")
                     (put-prompt-file "told" "title: Told\nkind: refactor.told\nresult: answer"))))
    (select-total)
    (press "C-c s x Swap TAB RET")
    (sure (not mark-active) "the region is still active")
    (streaming)
    (sure (not (answer-buffer)) "the code is shown as an answer")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))
    (press "C-/")
    (same (text) before "the text after one undo")
    (press "C-x C-q")
    (select-total)
    (sure (string-match-p "read-only" (cadr (should-fail (lambda () (press "C-c s x Swap TAB RET"))))) "it was asked")
    ;; What goes into another file, or into none, is asked about here as well.
    (setq story-partials 0)
    (press "C-c s x Told TAB RET")
    (sure mark-active "the region of a question is not active")
    (streaming)
    (sure (answer-buffer) "the answer is not shown while it comes")
    (ended)
    (kill-buffer (answer-buffer))
    (setq story-partials 0)
    (press "C-c s x Beside TAB RET")
    (streaming)
    (sure (not (answer-buffer)) "the code for a file is shown as an answer")
    (ended)
    ;; eglot creates no files, so that the code is shown once it is complete.
    (if (answer-buffer) (sure (string-match-p "cannot create files" (cadr story-said)) "no word of the file")
      (sure (string-match-p "waits" (car story-said)) "no word of a waiting edit")
      (press "C-c s n"))
    (press "C-x C-q")
    (same (text) before "the text")
    (mapc #'delete-file files)))

;;; answers.el ends here
