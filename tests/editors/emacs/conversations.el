;;; conversations.el --- What a user does in conversations  -*- lexical-binding: t; -*-

;; `stories.el' loads it.

;;; Code:

(defun seen ()
  "The text of this buffer that a reader sees."
  (let ((at (point-min)) (seen ""))
    (while (< at (point-max))
      (let ((next (next-single-char-property-change at 'invisible)))
        (unless (invisible-p at) (setq seen (concat seen (buffer-substring-no-properties at next))))
        (setq at next)))
    seen))

(defconst you "## \\(?:You\\|Você\\)"
  "The heading of the user's turns; the story before had a server that speaks Portuguese.")

(defun turns ()
  "How many turns this conversation has."
  (how-many "^## .* <!-- \\(question\\|answer\\) " (point-min) (point-max)))

(defun on-disk ()
  "What the file of this buffer holds."
  (let ((file buffer-file-name))
    (with-temp-buffer (insert-file-contents file) (text))))

(defun converse ()
  "Open a conversation about `total' and select it; returns its buffer."
  (open "project/report.py")
  (select-total)
  (press "C-c s a RET")
  (ended)
  (let ((conversation (await "the conversation" (lambda () (visiting ".md")))))
    (pop-to-buffer conversation)
    (await "its server" (lambda () stackspot-lsp--attached))
    (await "point below the heading" (lambda () (save-excursion (forward-line -1) (looking-at-p (concat you " <!-- question")))))
    conversation))

(defun asked (question)
  "Write QUESTION at the end, send it, and wait for the heading of the next."
  (let ((before (turns)))
    (goto-char (point-max))
    (insert-as-user question)
    (press "C-c C-c")
    (await "the heading of the next question" (lambda () (= (turns) (+ before 2))))
    (settled)))

(story "a question of a conversation is sent by its keys, the answer is read from its beginning, and nothing asks to be saved"
  (converse)
  (let ((shown (seen)))
    (sure (string-prefix-p "# report.py" shown) shown)
    (sure (string-match-p (concat "^" you "$") shown) shown)
    (sure (not (string-match-p "<!--" shown)) shown))
  (sure (string-match-p "C-c C-c send" (format "%s" header-line-format)) (format "%S" header-line-format))
  (same (derived-mode-p 'markdown-mode) (unless (eq set-up 'alone) 'markdown-mode) "whether it is in the mode of Markdown")
  (asked "In which unit?")
  (same (buffer-substring-no-properties (line-beginning-position) (point)) "In which unit?" "where point is after the answer")
  (same (window-start) (save-excursion (re-search-backward (concat "^" you " <!-- question")) (point)) "the first line in the window")
  (sure (string-match-p "sandbox" (seen)) (seen))
  (sure (not (string-match-p "<!--" (seen))) (seen))
  (sure (not (buffer-modified-p)) "it asks to be saved")
  (same (on-disk) (text) "the file")
  (same story-said-of-edits 0 "times that eglot told of a piece"))

(story "the keys of a conversation go from turn to turn, and ask again"
  (converse)
  (asked "In which unit?")
  (press "C-c C-n")
  (sure (looking-at-p "## .*<!-- answer") "the next turn is no answer")
  (press "C-c C-n C-c C-n")
  (same (point) (point-max) "behind the last turn")
  (same (cadr (should-fail (lambda () (press "C-c C-n")))) "No more turns" "after the last turn")
  (press "C-c C-p C-c C-p C-c C-p")
  (sure (looking-at-p (concat you " <!-- question")) "not at the first turn")
  (let ((first (text)) (requests (lambda () (plist-get (plist-get (stackspot-lsp--call (stackspot-lsp--connection) "status") :usage)
                                                       :requests))))
    (let ((before (funcall requests)))
      (press "C-c C-r")
      (await "the second answer" (lambda () (> (funcall requests) before)))
      (settled)
      (await "the answer in its place" (lambda () (= (turns) 3))))
    (sure (string-prefix-p (substring first 0 (string-match "## StackSpot" first)) (text)) (text))
    (sure (not (buffer-modified-p)) "it asks to be saved")))

(story "who stands at the end of a conversation goes along with what grows there"
  (converse)
  (goto-char (point-max))
  (insert-as-user "In which unit?")
  (press "C-c C-c")
  (await "the heading of the answer" (lambda () (= (turns) 2)))
  (goto-char (point-max))
  (set-window-point nil (point-max))
  (await "the heading of the next question" (lambda () (= (turns) 3)))
  (settled)
  (same (point) (point-max) "where point is"))

(story "a code block of a conversation is put in place of the code, and another conversation is opened about it"
  (let* ((conversation (converse))
         (code (find-buffer-visiting (expand-file-name "project/report.py" story-home)))
         (before (with-current-buffer code (text))))
    (asked "How?")
    ;; As if the agent had written it.
    (goto-char (point-min))
    (re-search-forward "^## .*<!-- answer .*\n\n")
    (insert-as-user "```python\ndef total(prices):\n    return 0\n```\n\n")
    (search-backward "return 0")
    (press "C-c C-i")
    (await "the code" (lambda () (not (equal (with-current-buffer code (text)) before))))
    (same (with-current-buffer code (text)) (string-replace "return sum(prices)" "return 0" before) "the code with the block")
    (settled)
    (pop-to-buffer conversation)
    (press "C-c C-o")
    (sure (await "another conversation"
                 (lambda () (seq-find (lambda (it) (not (eq it conversation))) (stackspot-lsp--conversations))))
          "none")
    (with-current-buffer code (revert-buffer t t))))

(story "nothing of a conversation is lost when it is killed, and Emacs is left without a question about it"
  (let* ((conversation (converse)) (file (buffer-file-name conversation)))
    (insert-as-user "Half a question")
    (cl-letf (((symbol-function 'read-key) (lambda (&rest _) (error "Asked")))
              ((symbol-function 'map-y-or-n-p) (lambda (_prompt _act list &rest _)
                                                 (when (memq conversation list) (error "Asked"))
                                                 0)))
      ;; As C-x C-c does it.
      (save-some-buffers nil t))
    (same (on-disk) (text) "the file after C-x C-c")
    (insert-as-user ", and more")
    (press "C-x k RET")
    (sure (not (buffer-live-p conversation)) "it lives")
    (sure (string-match-p "Half a question, and more" (with-temp-buffer (insert-file-contents file) (text))) "what was typed is lost")))

(story "the conversations so far are there to choose from, the latest first, and one goes on after a restart"
  (converse)
  (let ((conversation (current-buffer)) (file buffer-file-name) titles)
    (asked "In which unit?")
    (kill-buffer conversation)
    (back-to-source)
    (restart)
    (back-to-source)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_prompt table &rest _)
                 (setq titles (all-completions "" table))
                 (same (alist-get 'display-sort-function (cdr (completion-metadata "" table nil))) 'identity "the order")
                 (car titles))))
      (press "C-c s l"))
    (sure (string-match-p "\\`[0-9]\\{4\\}-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]  report\\.py" (car titles)) (car titles))
    (same (cl-remove-duplicates titles :test #'equal) titles "two have the same name")
    (same buffer-file-name file "the latest")
    (same (point) (point-max) "where point is")
    (asked "And then?")
    (sure (string-match-p "And then\\?\\(.\\|\n\\)*sandbox" (seen)) (seen))))

(story "what is not about a conversation says so"
  (open "project/report.py")
  (same (cadr (should-fail (lambda () (press "M-x stackspot-lsp-send RET"))))
        "This buffer is not a conversation; an empty question opens one" "sending in code"))

;;; conversations.el ends here
