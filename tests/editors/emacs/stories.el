;;; stories.el --- What a user does in Emacs  -*- lexical-binding: t; -*-

;; `run-emacs.sh' starts Emacs with an init file made as editors/emacs/README.md says, in a folder with `project/' and
;; `account/' (a project without the sandbox), and loads this file.  It prints a line per story and ends with code 0 when
;; all passed.  $STORIES tells which set-up it is: `alone' and `beside' are eglot's, `lsp-mode' is lsp-mode's.
;;
;; $STORY, if set, is a pattern of the stories to run.  Commands are run by their keys.  Nothing is waited for by time, only for what a user would see.

;;; Code:

(require 'cl-lib)
(require 'seq)

(defvar set-up (intern (getenv "STORIES")))
(defvar story-started (float-time))
(defvar story-said nil "What was said in the echo area, the latest first.")
(defvar story-partials 0 "How many values came for partial results.")
(defvar story-said-of-edits 0 "How often eglot told the user of an edit.")
(defvar story-failed 0)
(defvar story-ran 0)
(defvar story-home default-directory)

(setq make-backup-files nil create-lockfiles nil auto-save-default nil
      native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil
      vc-handled-backends '(Git) vc-follow-symlinks t
      eglot-sync-connect 30 eglot-connect-timeout 60 eglot-confirm-server-edits nil
      lsp-auto-guess-root t lsp-restart 'ignore lsp-enable-snippet nil lsp-keep-workspace-alive t lsp-response-timeout 60
      lsp-pylsp-plugins-flake8-enabled nil lsp-pylsp-plugins-pyflakes-enabled t
      read-answer-short t)
(transient-mark-mode 1)

(defun say (format &rest arguments)
  (princ (format "%6.2f  %s\n" (- (float-time) story-started) (apply #'format format arguments))))

(advice-add 'message :before
            (lambda (format &rest arguments)
              (when format
                (push (apply #'format-message format arguments) story-said)
                (when (and (not inhibit-message) (string-match-p "Edit successful" (car story-said)))
                  (cl-incf story-said-of-edits)))))
(advice-add 'stackspot-lsp--partial :filter-return (lambda (job) (when job (cl-incf story-partials)) job))

(defun await (what condition)
  "Wait until CONDITION gives something, and return it; the error tells WHAT did not happen."
  (let ((end (+ (float-time) 40)) seen)
    (while (not (or (setq seen (funcall condition)) (> (float-time) end)))
      (accept-process-output nil 0.01)
      (rest))
    (or seen (error "%s did not happen; said: %S; buffers: %S; text: %S" what (seq-take story-said 5)
                    (mapcar #'buffer-name (buffer-list)) (buffer-string)))))

(defvar story-pressed (float-time) "When the user typed last.")

(defun rest ()
  "Run the idle timers that are due: batch mode does not, and eglot tells of changes by one."
  (let ((idle (- (float-time) story-pressed)))
    (dolist (timer (copy-sequence timer-idle-list))
      (when (and (not (timer--triggered timer)) (>= idle (float-time (timer--time timer))))
        (timer-event-handler timer)))))

(defun same (is should-be what)
  (unless (equal is should-be)
    (error "%s\n        is        %S\n        should be %S" what is should-be)))

(defun sure (it what)
  (unless it (error "%s; said: %S" what (seq-take story-said 5)))
  it)

(defun press (keys)
  "Type KEYS as a user does, in the selected window."
  (set-buffer (window-buffer))
  (execute-kbd-macro (kbd keys))
  (setq story-pressed (float-time))
  (set-buffer (window-buffer)))

(defun insert-as-user (text)
  "Type TEXT."
  (execute-kbd-macro (vconcat text))
  (setq story-pressed (float-time)))

(defun open (file)
  "Show FILE as it was in the beginning, and nothing else, with its servers."
  (dolist (buffer (buffer-list))
    ;; Not *stackspot-lsp*, in which lsp-mode keeps the server itself.
    (when (let (case-fold-search) (string-match-p "\\`\\*StackSpot\\|\\.md\\(<.*>\\)?\\'" (buffer-name buffer)))
      (with-current-buffer buffer (set-buffer-modified-p nil))
      (kill-buffer buffer)))
  (delete-other-windows)
  (setq file (expand-file-name file story-home))
  (when-let* ((buffer (find-buffer-visiting file)))
    (with-current-buffer buffer (set-buffer-modified-p nil))
    (kill-buffer buffer))
  (copy-file (concat file ".kept") file t)
  (switch-to-buffer (find-file-noselect file))
  (pcase set-up
    ('lsp-mode (unless (bound-and-true-p lsp-mode) (press "M-x lsp RET"))
               (await "the servers" (lambda () (equal (servers) '("pylsp" "stackspot-lsp")))))
    (_ (unless (and (featurep 'eglot) (eglot-current-server)) (press "M-x eglot RET"))
       (await "eglot" #'eglot-managed-p)))
  (setq story-said nil story-partials 0 story-said-of-edits 0))

(defun servers ()
  "The names of the servers that are ready in this buffer."
  (pcase set-up
    ('lsp-mode (sort (mapcar (lambda (it) (symbol-name (lsp--client-server-id (lsp--workspace-client it))))
                             (seq-filter (lambda (it) (eq (lsp--workspace-status it) 'initialized)) (lsp-workspaces)))
                     #'string<))
    (_ (split-string (plist-get (eglot--server-info (eglot-current-server)) :name) "\\+"))))

(defun select-total ()
  "Select the function `total' of report.py."
  (goto-char (point-min))
  (search-forward "def total")
  (beginning-of-line)
  (push-mark (point) t t)
  (search-forward "return sum(prices)\n"))

(defun select-mean ()
  "Put the cursor into the function `mean' of report.py."
  (deactivate-mark)
  (goto-char (point-min))
  (search-forward "/ len"))

(defun text () (buffer-substring-no-properties (point-min) (point-max)))

(defun idle-p () (zerop (hash-table-count stackspot-lsp--jobs)))

(defun streaming ()
  "Wait until the agent writes."
  (await "the first words" (lambda () (> story-partials 0))))

(defun ended ()
  "Wait until no job runs."
  (await "the end of the job" #'idle-p))

(defun settled ()
  "Wait until the server has nothing to do."
  (await "the end of the server's jobs"
         (lambda ()
           (seq-every-p (lambda (job) (equal (plist-get job :state) "proposed"))
                        (plist-get (stackspot-lsp--call (stackspot-lsp--connection) "status") :jobs)))))

(defun answer-buffer ()
  (seq-find (lambda (it) (string-prefix-p "*StackSpot" (buffer-name it))) (buffer-list)))

(defun visiting (ending)
  "A buffer in a window of a file whose name has this ENDING."
  (seq-some (lambda (window)
              (let ((buffer (window-buffer window)))
                (and (buffer-file-name buffer) (string-suffix-p ending (buffer-file-name buffer)) buffer)))
            (window-list)))

(defun back-to-source ()
  "Select report.py; lsp-mode shows documents in its place."
  (pop-to-buffer (find-buffer-visiting (expand-file-name "project/report.py" story-home))))

(defun commented-p (before after)
  "Whether AFTER is BEFORE with comment lines of the sandbox put in, and nothing else."
  (let ((lines (split-string before "\n")) (added nil))
    (dolist (line (split-string after "\n"))
      (if (equal line (car lines)) (pop lines)
        (push line added)))
    (and (null lines) added
         (seq-every-p (lambda (line) (string-match-p "\\`\\s-*#" line)) added)
         (string-match-p "sandbox" (car (last added))))))

(defun menu (title)
  "Choose the code action whose title starts so."
  (pcase set-up
    ('lsp-mode (press (concat "M-x lsp-execute-code-action RET " (string-replace " " " SPC " title) " TAB RET")))
    (_ (press (concat "M-x eglot-code-actions RET " (string-replace " " " SPC " title) " TAB RET")))))

(defmacro story (name &rest body)
  "Run BODY, the story of this NAME."
  (declare (indent 1))
  ;; What keeps three stories from going well keeps the others, too.
  `(when (and (< story-failed 3) (string-match-p (or (getenv "STORY") "") ,name))
     (cl-incf story-ran)
     (condition-case problem
         (progn ,@body (say "PASS  %s" ,name))
       (error (cl-incf story-failed)
              (say "FAIL  %s\n        %s" ,name (error-message-string problem))
              (clrhash stackspot-lsp--jobs)))))

;;; The stories

(story "one server, or two that are one to the user"
  (open "project/report.py")
  (same (servers) (if (eq set-up 'alone) '("stackspot-lsp") '("pylsp" "stackspot-lsp")) "servers"))

(story "the answer streams into a buffer beside the source, which stays selected"
  (open "project/report.py")
  (let ((source (current-buffer)) (before (text)) early)
    (select-total)
    (press "C-c s e")
    (await "an answer that is still coming in"
           (lambda () (and (answer-buffer) (> (buffer-size (answer-buffer)) 0))))
    (setq early (and (not (idle-p)) (buffer-size (answer-buffer))))
    (sure early "the answer was shown at its end only")
    (sure (string-match-p "C-c C-k" (buffer-local-value 'header-line-format (answer-buffer))) "no word of C-c C-k")
    (same (window-buffer) source "the selected window shows")
    (sure (get-buffer-window (answer-buffer)) "the answer is in no window")
    (ended)
    (with-current-buffer (answer-buffer)
      (sure (> (buffer-size) early) "the answer did not grow")
      (sure (> story-partials 3) "the answer came in one piece")
      ;; Lines that the answer names are links in what is shown.
      (let ((result (stackspot-lsp--job-result stackspot-lsp--last)))
        (same (text) (or (plist-get result :answerMarkdown) (plist-get result :answer)) "the answer"))
      (sure (string-match-p "sandbox" (buffer-string)) "not by the sandbox")
      (same major-mode (if (eq set-up 'alone) 'text-mode 'markdown-mode) "mode")
      (sure buffer-read-only "the answer can be typed into")
      (sure (string-match-p "tokens" header-line-format) "no usage above the answer"))
    (same (text) before "the source")
    (sure (not (buffer-modified-p)) "the source is marked as changed")))

(story "Refactor changes the region, and one undo brings it back"
  (open "project/report.py")
  (press "M-> # SPC mine")
  (let ((before (text)))
    (select-total)
    (press "C-c s r")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (buffer-string)) "not commented by the sandbox")
    (sure (string-match-p "undo" (car story-said)) "no word of undo")
    (press "C-/")
    (same (text) before "the text after one undo")))

(story "without a region, the function around point"
  (open "project/report.py")
  (let ((before (text)))
    (select-mean)
    (press "C-c s d")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (string-match-p "mean(prices):\n    #" (buffer-string)) "another place was edited")))

(story "what an agent wrote is text, and no line of it is a setting of Emacs's"
  (open "project/report.py")
  (select-total)
  ;; The sandbox's agent says the question again.
  (execute-kbd-macro (vconcat (kbd "C-c s a") "![x](https://evil.example/a.png) <img src=x> Local Variables: mode: fundamental End:" (kbd "RET")))
  (ended)
  (with-current-buffer (answer-buffer)
    (sure (string-match-p "evil\\.example/a\\.png" (buffer-string)) "the answer does not have it")
    (sure (not (string-match-p "\\(?:\\`\\|[^\\\\]\\)\\(?:!\\[x\\]\\|<img\\)" (buffer-string))) (buffer-string))
    (sure (not (let ((case-fold-search t)) (string-match-p "local variables:" (buffer-string)))) (buffer-string))))

(story "letters of many bytes above and in the region"
  (open "project/greeting.py")
  (let ((before (text)))
    (goto-char (point-min))
    (search-forward "nome = ")
    (push-mark (point) t t)
    (search-forward "\n)\n")
    (press "C-c s r")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))))

(story "typing above while the agent answers: the edit lands where the code is now"
  (open "project/report.py")
  (select-total)
  (press "C-c s r")
  (streaming)
  (goto-char (point-min))
  (insert-as-user "# typed meanwhile\n")
  (let ((typed (text)))
    (ended)
    (await "the edit" (lambda () (not (equal (text) typed))))
    (sure (commented-p typed (text)) (text))
    (press "C-/")
    (same (text) typed "the text after one undo")))

(story "whoever types on and on finds the edit in its place, and one undo takes it back alone"
  (open "project/report.py")
  (let ((before (text)) (end (+ (float-time) 40)) (typed ""))
    (select-total)
    (press "C-c s r")
    (streaming)
    (goto-char (point-min))
    (insert-as-user "# ")
    (while (not (string-match-p "# .*by the StackSpot sandbox" (text)))
      (sure (< (float-time) end) "it never goes in while one types")
      (insert-as-user "x")
      (setq typed (concat typed "x"))
      (accept-process-output nil 0.08)
      (rest))
    (let ((with-typing (concat "# " typed before)))
      (sure (commented-p with-typing (text)) (text))
      (press "C-/")
      (same (text) with-typing "the text after one undo"))
    (ended)
    (settled)))

(defun should-fail (function)
  "The error of FUNCTION."
  (condition-case problem (progn (funcall function) (error "It did not fail"))
    (user-error problem)))

(defun type-inside ()
  "Have `total' refactored, and type in it meanwhile."
  (select-total)
  (press "C-c s r")
  (streaming)
  (goto-char (point-min))
  (search-forward "def total(prices):")
  (insert-as-user "  # mine")
  (ended)
  (sure (string-match-p "waits" (car story-said)) "no word of a waiting edit"))

(defvar ediff-buffer-A)
(defvar ediff-buffer-B)
(declare-function ediff-really-quit "ediff-util")

(defun shown-edit ()
  "The buffer in a window that shows an edit."
  (seq-find (lambda (buffer) (string-prefix-p "*StackSpot edit of" (buffer-name buffer)))
            (mapcar #'window-buffer (window-list))))

(defun preview ()
  "Look at the edit that waits; the buffer that shows it is selected then."
  (press "C-c s p")
  (let ((diff (await "the diff" #'shown-edit)))
    (pop-to-buffer diff)
    (sure (string-match-p "^\\+ *# .*sandbox" (text)) (text))))

(story "typing inside: nothing is overwritten; the edit is looked at and discarded"
  (open "project/report.py")
  (type-inside)
  (let ((typed (text)))
    (preview)
    (sure (string-match-p "StackSpot edit of report.py" (buffer-name)) (buffer-name))
    (sure (and buffer-read-only (derived-mode-p 'diff-mode)) "the diff can be typed in")
    (press "q")
    (sure (not (shown-edit)) "it is not closed")
    (preview)
    (press "n")
    (back-to-source)
    (same (text) typed "the text")
    (same (cadr (should-fail (lambda () (press "C-c s y")))) "No edit waits" "Apply after Discard")))

(story "an edit is left waiting, and then put in place of what was typed in its lines, from its buffer"
  (open "project/report.py")
  (let ((before (text)))
    (type-inside)
    (let ((typed (text)))
      (preview)
      (same (cadr (should-fail (lambda () (press "y q")))) "The edit goes on waiting" "leaving the choice")
      (same (with-current-buffer (find-buffer-visiting (expand-file-name "project/report.py" story-home)) (text))
            typed "the text after no choice")
      (press "y r")
      (back-to-source)
      (await "the edit" (lambda () (commented-p before (text))))
      (settled)
      (press "C-/")
      (same (text) typed "the text after one undo"))
    (settled)))

(story "an edit is compared with the code by ediff"
  (open "project/report.py")
  (type-inside)
  (preview)
  (press "e")
  (with-current-buffer (sure (get-buffer "*Ediff Control Panel*") "no ediff")
    (same (buffer-name ediff-buffer-A) "report.py" "the left side")
    (with-current-buffer ediff-buffer-B
      (sure (string-match-p "# .*sandbox" (text)) (text))
      (sure buffer-read-only "the right side can be typed in"))
    (let ((right ediff-buffer-B))
      (ediff-really-quit nil)
      (kill-buffer right)))
  (delete-other-windows)
  (back-to-source)
  (press "C-c s n")
  (settled))

(story "the edit that waits is applied once the typing was undone"
  (open "project/report.py")
  (let ((before (text)))
    (type-inside)
    (press "C-/")
    (same (text) before "the text after the undo")
    (press "C-c s y")
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))
    (settled)))

(defun restart ()
  "Restart the server, as a user does."
  (pcase set-up
    ('lsp-mode
     (let ((old (lsp-find-workspace 'stackspot-lsp buffer-file-name)))
       (lsp-workspace-restart old)
       (await "the next server" (lambda ()
                                  ;; Batch mode tells of the end of a process only where no file that is watched has
                                  ;; changed, and looks at these only where it waits for keys.
                                  (read-event nil nil 0.05)
                                  (and (not (eq (lsp-find-workspace 'stackspot-lsp buffer-file-name) old))
                                       (equal (servers) '("pylsp" "stackspot-lsp")))))))
    (_
     (eglot-shutdown (eglot-current-server) nil 30)
     (press "M-x eglot RET")
     (await "eglot" (lambda () (and (eglot-managed-p) (eglot-current-server)))))))

(defun waits-p ()
  "Whether the server knows of an edit that waits."
  (seq-some (lambda (job) (equal (plist-get job :state) "proposed"))
            (plist-get (stackspot-lsp--call (stackspot-lsp--connection) "status") :jobs)))

(story "an edit that waits is discarded after a restart of the server, and another one is applied"
  (open "project/report.py")
  (let ((before (text)))
    (type-inside)
    (press "C-/")
    (restart)
    (await "the edit of before" #'waits-p)
    (press "C-c s n")
    (same (text) before "the text after it was discarded")
    (sure (not (waits-p)) "it waits still")
    (type-inside)
    (press "C-/")
    (restart)
    (await "the edit of before" #'waits-p)
    (press "C-c s y")
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))
    (settled)))

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

(unless (eq set-up 'alone)
  (story "Fix takes what the other server reports"
    (open "project/broken.py")
    (goto-char (point-min))
    (search-forward "totl")
    (flymake-start) ; a window that redisplays does it
    (await "a diagnostic of pylsp" (lambda () (stackspot-lsp--diagnostics (stackspot-lsp--connection) (cons (point) (point)))))
    (press "C-c s f")
    (ended)
    (let ((diagnostics (plist-get (stackspot-lsp--job-params stackspot-lsp--last) :diagnostics)))
      (sure (string-match-p "totl" (plist-get (aref diagnostics 0) :message)) "no diagnostic was sent"))))

(defun remarked ()
  "The lines with a remark, in their order."
  (flymake-start) ; a window that redisplays does it
  (sort (mapcar (lambda (it) (line-number-at-pos (flymake-diagnostic-beg it)))
                (seq-filter (lambda (it) (string-match-p "This open end" (flymake-diagnostic-text it))) (flymake-diagnostics)))
        #'<))

(defun remarks-at (&rest lines)
  (await (format "remarks at %S" lines) (lambda () (equal (remarked) lines))))

(defun remark-menu (line title)
  "Choose the code action whose title starts so on LINE."
  (goto-char (point-min))
  (forward-line (1- line))
  (back-to-indentation)
  (menu title))

;; In lsp-mode the edit that a code action asks for is not answered while these stories choose it by keys.
(unless (eq set-up 'lsp-mode)
  (story "remarks stand at their lines and follow what is typed; one is applied and undone, another dismissed"
    (open "project/orders.py")
    (press "C-x h C-c s v")
    (ended)
    (deactivate-mark)
    (remarks-at 5 10)
    (press "M-< C-o")
    (insert-as-user "# typed above")
    (remarks-at 6 11)
    (let ((typed (text)))
      (sure (string-prefix-p "# typed above\n" typed) typed)
      (remark-menu 6 "Apply: This open end")
      (await "the suggestion" (lambda () (not (equal (text) typed))))
      (same (text) (string-replace "TODO: leave" "TODO(team): leave" typed) "the text with the suggestion")
      (remarks-at 11)
      (press "C-/")
      (same (text) typed "the text after one undo")
      (remarks-at 6 11)
      (remark-menu 11 "Dismiss [")
      (remarks-at 6))))

(story "a command in a notebook is about no other file, and says so"
  (open "project/report.py")
  (let ((source (current-buffer)) (before (text)))
    (switch-to-buffer (find-file-noselect (expand-file-name "project/prices.ipynb" story-home)))
    (goto-char (point-min))
    (search-forward "total")
    (sure (string-match-p "No StackSpot server in this buffer" (cadr (should-fail (lambda () (press "C-c s r"))))) "why not")
    (same (with-current-buffer source (text)) before "the source")
    (kill-buffer)))

(story "where the buffer is read-only nobody is asked for an edit, and answers are there"
  (open "project/report.py")
  (read-only-mode 1)
  (select-mean)
  (sure (string-match-p "read-only" (cadr (should-fail (lambda () (press "C-c s r"))))) "why not")
  (press "C-c s e")
  (ended)
  (sure (answer-buffer) "no answer")
  (read-only-mode -1))

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

(story "what the next question carries is added by hand, told with its size, taken off, and goes once"
  (open "project/report.py")
  (same (carry "add the file") "Nothing was added to the next question: " "the prompt before")
  (sure (string-match-p "report\\.py ([0-9]+ characters)" (carried)) "not told")
  (select-total)
  (carry "add the region")
  (sure (string-match-p "report\\.py:4–5 ([0-9]+ characters)" (carried)) "no lines")
  (deactivate-mark)
  (sure (string-match-p "\\`Goes with the next question: 2, [0-9]+ of 60000 characters: " (carry "add another file")) "no size")
  (sure (string-match-p "greeting\\.py (" (carried)) "no other file")
  (carry "take off greeting.py")
  (sure (not (string-match-p "greeting\\.py" (carried))) "it is still there")
  (select-mean)
  (press "C-c s e")
  (ended)
  (same (carry "add the file") "Nothing was added to the next question: " "the prompt after a question")
  (carry "take off report.py")
  ;; Nothing was committed yet.
  (sure (string-match-p "\\`git does not tell what changed" (cadr (should-fail (lambda () (carry "add the changes"))))) "why not"))

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

(load (expand-file-name "conversations.el" (file-name-directory (or load-file-name buffer-file-name))) nil t)

;;; The end: the servers are told to go, so that the recorded session is whole.

(pcase set-up
  ('lsp-mode (with-current-buffer (find-file-noselect (expand-file-name "project/report.py" story-home))
               (let ((processes (mapcar #'lsp--workspace-proc (lsp-workspaces))))
                 (mapc #'lsp-workspace-shutdown (lsp-workspaces))
                 (await "the end of the servers" (lambda () (not (seq-some #'process-live-p processes)))))))
  (_ (with-current-buffer (find-file-noselect (expand-file-name "project/report.py" story-home))
       (eglot-shutdown (eglot-current-server) nil 30))))
(unless (> story-ran (if (getenv "STORY") 0 15)) (cl-incf story-failed))
(kill-emacs (if (zerop story-failed) 0 1))

;;; stories.el ends here
