;;; harness.el --- Emacs as its user has it: keys, waits, what is on the screen  -*- lexical-binding: t; -*-

;; `stories.el' loads it.

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

;;; harness.el ends here
