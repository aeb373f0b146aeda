;;; stackspot-lsp-conversation.el --- Conversations with agents  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; A conversation is a Markdown file of the server, which the user writes in.  Here
;; are its keys, and what it needs to be no burden: it belongs to the server of the
;; code that it is about, and it is saved as it grows.

;;; Code:

(require 'cl-lib)
(require 'easymenu)
(require 'eieio)
(require 'seq)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-texts)

(defvar eglot--cached-server)
(defvar eglot--managed-mode)
(defvar eglot-stay-out-of)
(defvar lsp--buffer-language)
(defvar lsp--buffer-workspaces)
(defvar lsp--cur-workspace)
(defvar lsp-auto-configure)
(defvar lsp-buffer-uri)
(defvar lsp-managed-mode)
(declare-function eglot--managed-mode "eglot")
(declare-function eglot--signal-textDocument/didOpen "eglot")
(declare-function eglot-completion-at-point "eglot")
(declare-function jsonrpc-running-p "jsonrpc")
(declare-function lsp--buffer-uri "ext:lsp-mode")
(declare-function lsp--text-document-did-open "ext:lsp-mode")
(declare-function lsp--workspace-buffers "ext:lsp-mode" (workspace) t)
(declare-function lsp-mode "ext:lsp-mode")
(declare-function stackspot-lsp-cancel "stackspot-lsp")

(defconst stackspot-lsp--conversation-file "/stackspot-lsp/conversations/[^/]+\\.md\\'"
  "What the names of conversations look like.")

(defconst stackspot-lsp--turn "^## .* <!-- \\(?:question\\|answer\\) [^ \n]+ -->[ \t]*$"
  "The heading of a turn, as the server writes it.")

(defconst stackspot-lsp--marks "\\`<!-- stackspot-lsp .*-->\n\\| <!-- \\(?:question\\|answer\\) [^ \n]+ -->$"
  "The comments by which the server knows a conversation and its turns.
They are for no reader.")

(defvar-local stackspot-lsp--attached nil
  "The connection that this conversation was opened over.")

(defvar-local stackspot-lsp--sent nil
  "Whether the question of this conversation was sent, and nothing has come yet.")

(defvar-local stackspot-lsp--save-timer nil
  "What will save this conversation.")

;;; The document

(defvar-keymap stackspot-lsp-conversation-mode-map
  :doc "Keys of conversations."
  "C-c RET" #'stackspot-lsp-send
  "C-c C-c" #'stackspot-lsp-send
  "C-c C-r" #'stackspot-lsp-ask-again
  "C-c C-k" #'stackspot-lsp-cancel
  "C-c C-n" #'stackspot-lsp-next-turn
  "C-c C-p" #'stackspot-lsp-previous-turn
  "C-c C-i" #'stackspot-lsp-insert-code
  "C-c C-o" #'stackspot-lsp-new-conversation
  "C-c C-l" #'stackspot-lsp-chats)

(easy-menu-define stackspot-lsp-conversation-menu stackspot-lsp-conversation-mode-map
  "Menu of conversations."
  `("StackSpot"
    ,@(mapcar (pcase-lambda (`(,command ,label)) (vector (symbol-name command) command :label label))
              '((stackspot-lsp-send (stackspot-lsp--text 'menu-send))
                (stackspot-lsp-ask-again (stackspot-lsp--text 'menu-again))
                (stackspot-lsp-cancel (stackspot-lsp--text 'menu-cancel))
                (stackspot-lsp-next-turn (stackspot-lsp--text 'menu-next))
                (stackspot-lsp-previous-turn (stackspot-lsp--text 'menu-previous))
                (stackspot-lsp-insert-code (stackspot-lsp--text 'menu-insert))
                (stackspot-lsp-new-conversation (stackspot-lsp--text 'menu-new))
                (stackspot-lsp-chats (stackspot-lsp--text 'menu-chats))))))

(define-minor-mode stackspot-lsp-conversation-mode
  "Keys for a conversation, which is saved as it grows."
  :interactive nil
  (visual-line-mode)
  (add-to-invisibility-spec 'stackspot-lsp)
  (setq-local buffer-save-without-query t
              header-line-format (substitute-command-keys (stackspot-lsp--text 'head-conversation)))
  (add-hook 'after-change-functions #'stackspot-lsp--conversation-changed nil t)
  ;; Before Emacs asks whether what was changed is to be saved.
  (add-hook 'kill-buffer-query-functions #'stackspot-lsp--save-conversation nil t)
  (stackspot-lsp--hide-marks (point-min) (point-max))
  (ignore-errors (stackspot-lsp--conversation-connection)))

(defun stackspot-lsp-conversation ()
  "Major mode of conversations: that of Markdown, where it is installed.
It has a name of its own, by which eglot gives the buffer to the server."
  (interactive)
  (let ((parent (if (fboundp 'markdown-mode) 'markdown-mode 'text-mode)))
    (delay-mode-hooks (funcall parent))
    (put 'stackspot-lsp-conversation 'derived-mode-parent parent))
  (setq major-mode 'stackspot-lsp-conversation)
  (run-mode-hooks 'stackspot-lsp-conversation-hook)
  (stackspot-lsp-conversation-mode))

(defun stackspot-lsp--show-conversation ()
  "Make a conversation of the buffer that visits one."
  (when (and buffer-file-name (string-match-p stackspot-lsp--conversation-file buffer-file-name))
    (stackspot-lsp-conversation)))

(add-hook 'find-file-hook #'stackspot-lsp--show-conversation)

(defun stackspot-lsp--hide-marks (beg end)
  "Hide the comments of the server between the lines of BEG and END."
  (save-match-data
    (save-excursion
      (save-restriction
        ;; eglot and lsp-mode narrow the buffer to the place that they change.
        (widen)
        (goto-char end)
        (setq end (line-beginning-position 2))
        (goto-char beg)
        (setq beg (line-beginning-position))
        (goto-char beg)
        (remove-overlays beg end 'stackspot-lsp-mark t)
        (while (re-search-forward stackspot-lsp--marks end t)
          (let ((mark (make-overlay (match-beginning 0) (match-end 0))))
            (overlay-put mark 'stackspot-lsp-mark t)
            (overlay-put mark 'evaporate t)
            (overlay-put mark 'invisible 'stackspot-lsp)))))))

(defun stackspot-lsp--conversation-changed (beg end _length)
  "Hide the comments between BEG and END, and save when there is time."
  (stackspot-lsp--hide-marks beg end)
  (unless stackspot-lsp--save-timer
    (setq stackspot-lsp--save-timer
          (run-with-idle-timer 1 nil (lambda (buffer)
                                       (when (buffer-live-p buffer)
                                         (with-current-buffer buffer (stackspot-lsp--save-conversation))))
                               (current-buffer)))))

(defun stackspot-lsp--save-conversation ()
  "Save this conversation where it was changed.
It is no file that a formatter would be for, so no hook is run.  Returns t."
  (when stackspot-lsp--save-timer
    (cancel-timer stackspot-lsp--save-timer)
    (setq stackspot-lsp--save-timer nil))
  (when (and buffer-file-name (buffer-modified-p) (file-directory-p (file-name-directory buffer-file-name)))
    (let ((inhibit-message t) (message-log-max nil) (create-lockfiles nil))
      (save-restriction
        (widen)
        (write-region (point-min) (point-max) buffer-file-name nil t))))
  t)

(defun stackspot-lsp--conversations ()
  "The buffers that are conversations."
  (seq-filter (lambda (buffer) (buffer-local-value 'stackspot-lsp-conversation-mode buffer)) (buffer-list)))

(defun stackspot-lsp--save-conversations ()
  "Save all conversations."
  (dolist (buffer (stackspot-lsp--conversations))
    (with-current-buffer buffer (stackspot-lsp--save-conversation))))

(add-hook 'kill-emacs-hook #'stackspot-lsp--save-conversations)

;;; The server

(defun stackspot-lsp--conversation-connection ()
  "The connection of this conversation; nil where this buffer is none.
The document is opened anew where the server was restarted."
  (when stackspot-lsp-conversation-mode
    (unless (pcase stackspot-lsp--attached
              (`(eglot . ,server) (and eglot--managed-mode (eq eglot--cached-server server) (jsonrpc-running-p server)))
              (`(lsp . ,workspace) (and lsp-managed-mode (stackspot-lsp--ready-p workspace))))
      (setq stackspot-lsp--attached nil)
      (let ((code (or (stackspot-lsp--connected (delq nil (list (stackspot-lsp--code-of-conversation))))
                      (stackspot-lsp--connected (buffer-list))
                      (user-error "%s" (stackspot-lsp--text 'no-server)))))
        (stackspot-lsp--attach (with-current-buffer code (stackspot-lsp--connection)))))
    stackspot-lsp--attached))

(defun stackspot-lsp--code-of-conversation ()
  "The buffer of the code that this conversation is about."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (when (re-search-forward "\"uri\":\"\\(file:[^\"]+\\)\"" (line-end-position) t)
        (find-buffer-visiting (stackspot-lsp--file-of (match-string 1)))))))

(defun stackspot-lsp--attach (connection)
  "Open this conversation over CONNECTION."
  (pcase connection
    (`(eglot . ,server)
     ;; The languages of the server beside ours are not for this text.
     (setq-local eglot-stay-out-of '(xref flymake imenu eldoc company))
     ;; Before Emacs 30 a server has one language.
     (let ((slot 'languages))
       (when (and (slot-exists-p server slot) (not (assq 'stackspot-lsp-conversation (slot-value server slot))))
         ;; At the end: eglot takes the first for the language of the project.
         (setf (slot-value server slot)
               (append (slot-value server slot) '((stackspot-lsp-conversation . "markdown"))))))
     (setq eglot--cached-server server)
     (eglot--managed-mode 1)
     (remove-hook 'completion-at-point-functions #'eglot-completion-at-point t)
     (eglot--signal-textDocument/didOpen))
    (`(lsp . ,workspace)
     (setq-local lsp-auto-configure nil
                 lsp--buffer-language "markdown"
                 lsp--buffer-workspaces (list workspace))
     (add-hook 'lsp-before-apply-edits-hook #'stackspot-lsp--before-edit nil t)
     (add-hook 'lsp-after-apply-edits-hook #'stackspot-lsp--after-edit nil t)
     (lsp-mode 1)
     (let ((lsp--cur-workspace workspace)) (lsp--text-document-did-open))
     (setq lsp-buffer-uri (lsp--buffer-uri))))
  (setq stackspot-lsp--attached connection))

(defun stackspot-lsp--leave (workspace)
  "Take the conversations from WORKSPACE of lsp-mode, which has ended."
  (let ((conversations (stackspot-lsp--conversations)))
    ;; The structure is lsp-mode's, which is not there when this is compiled.
    (aset workspace (cl-struct-slot-offset 'lsp--workspace 'buffers)
          (seq-difference (lsp--workspace-buffers workspace) conversations #'eq))))

;;; What the server puts in

(defun stackspot-lsp--of-conversations-p (edit)
  "Whether EDIT, a plist, is for conversations alone."
  (let ((uris (append (mapcar (lambda (change) (plist-get (plist-get change :textDocument) :uri))
                              (plist-get edit :documentChanges))
                      (let ((changes (plist-get edit :changes)))
                        (mapcar (lambda (key) (substring (symbol-name key) 1))
                                (seq-filter #'keywordp changes))))))
    (and uris (seq-every-p (lambda (uri) (string-match-p stackspot-lsp--conversation-file (or uri ""))) uris))))

(defun stackspot-lsp--followed (&optional buffers)
  "Pair each of BUFFERS with its readers at the end: windows, and t for point.
Without BUFFERS these are all conversations."
  (mapcar (lambda (buffer)
            (with-current-buffer buffer
              (cons buffer
                    ;; Who sent a question reads its answer from the beginning.
                    (unless stackspot-lsp--sent
                      (append (when (eobp) '(t))
                              (seq-filter (lambda (window) (= (window-point window) (point-max)))
                                          (get-buffer-window-list buffer nil t)))))))
          (or buffers (stackspot-lsp--conversations))))

(defun stackspot-lsp--follow (followed)
  "Let those of FOLLOWED go along, and save what was changed."
  (pcase-dolist (`(,buffer . ,readers) followed)
    (when (buffer-live-p buffer)
      (with-current-buffer buffer
        (when (buffer-modified-p)
          (setq stackspot-lsp--sent nil)
          (dolist (reader readers)
            (if (windowp reader) (set-window-point reader (point-max))
              (goto-char (point-max))))
          (stackspot-lsp--save-conversation))))))

(defvar-local stackspot-lsp--followed nil
  "Readers at the end of this buffer, before an edit of lsp-mode.")

(defun stackspot-lsp--before-edit ()
  "Note the readers at the end."
  (setq stackspot-lsp--followed (stackspot-lsp--followed (list (current-buffer)))))

(defun stackspot-lsp--after-edit (&rest _)
  "Let the readers at the end go along."
  (stackspot-lsp--follow stackspot-lsp--followed))

;;; Commands

(defun stackspot-lsp--step (step)
  "Have the server make STEP in this conversation."
  (unless stackspot-lsp-conversation-mode (user-error "%s" (stackspot-lsp--text 'no-conversation)))
  (let* ((connection (stackspot-lsp--connection))
         (place (stackspot-lsp--place connection (cons (point) (point)))))
    (stackspot-lsp--save-conversation)
    (stackspot-lsp--call connection "conversation"
                         (append (list :textDocument (plist-get place :textDocument) :step step)
                                 (when (equal step "insert")
                                   (list :position (plist-get (plist-get place :range) :start)))))))

;;;###autoload
(defun stackspot-lsp-send ()
  "Send the question under the last heading of this conversation."
  (interactive)
  (let ((window (get-buffer-window))
        (question (save-excursion
                    (goto-char (point-max))
                    (re-search-backward stackspot-lsp--turn nil t))))
    ;; The first of the answer may come before the reply.
    (setq stackspot-lsp--sent t)
    (if (not (plist-get (stackspot-lsp--step "send") :jobId)) (setq stackspot-lsp--sent nil)
      ;; The answer is read from its beginning while it grows: the question goes to the top.
      (when (and window question) (set-window-start window question)))))

(defun stackspot-lsp-ask-again ()
  "Ask the last question that was answered again, for an answer in its place."
  (interactive)
  (stackspot-lsp--step "retry"))

(defun stackspot-lsp-insert-code ()
  "Put the code block at point in place of the code of this conversation."
  (interactive)
  (stackspot-lsp--step "insert"))

(defun stackspot-lsp-new-conversation ()
  "Open another conversation about the same code."
  (interactive)
  (stackspot-lsp--step "new"))

(defun stackspot-lsp-next-turn ()
  "Go to the next turn of this conversation; from the last one, to the end."
  (interactive)
  (let ((from (point)))
    (end-of-line)
    (if (re-search-forward stackspot-lsp--turn nil t) (beginning-of-line)
      (goto-char (point-max))
      (when (= from (point)) (user-error "%s" (stackspot-lsp--text 'no-more-turns))))))

(defun stackspot-lsp-previous-turn ()
  "Go to the turn before in this conversation."
  (interactive)
  (unless (re-search-backward stackspot-lsp--turn nil t)
    (user-error "%s" (stackspot-lsp--text 'no-more-turns))))

(defun stackspot-lsp--conversations-folder ()
  "The folder of conversations, as the server has it."
  (let ((state (getenv "XDG_STATE_HOME")))
    (expand-file-name "stackspot-lsp/conversations"
                      (cond ((not (member state '(nil ""))) state)
                            ((eq system-type 'windows-nt) (getenv "LOCALAPPDATA"))
                            (t "~/.local/state")))))

(defun stackspot-lsp--described (file)
  "When the conversation in FILE went on last, and what it is about."
  (format "%s  %s"
          (format-time-string "%Y-%m-%d %H:%M" (file-attribute-modification-time (file-attributes file)))
          (with-temp-buffer
            (insert-file-contents file nil 0 4096)
            (if (re-search-forward "^# \\(.*\\)" nil t) (match-string 1) (file-name-base file)))))

;;;###autoload
(defun stackspot-lsp-chats ()
  "Choose among the conversations so far, the latest first."
  (interactive)
  (stackspot-lsp--save-conversations)
  (let* ((folder (stackspot-lsp--conversations-folder))
         (files (when (file-directory-p folder) (directory-files folder t "\\`[^.].*\\.md\\'")))
         (sorted (sort files (lambda (a b)
                               ;; The ids in the names grow with time.
                               (if (time-equal-p (file-attribute-modification-time (file-attributes a))
                                                 (file-attribute-modification-time (file-attributes b)))
                                   (string> a b)
                                 (file-newer-than-file-p a b)))))
         (entries (stackspot-lsp--distinct (mapcar (lambda (file) (cons (stackspot-lsp--described file) file)) sorted)))
         (table (lambda (string predicate action)
                  (if (eq action 'metadata) '(metadata (display-sort-function . identity) (cycle-sort-function . identity))
                    (complete-with-action action entries string predicate)))))
    (unless entries (user-error "%s" (stackspot-lsp--text 'no-conversations)))
    (let ((choice (completing-read (stackspot-lsp--text 'prompt-chat) table nil t nil nil (caar entries))))
      (pop-to-buffer (find-file-noselect (cdr (assoc choice entries))))
      (goto-char (point-max)))))

(defun stackspot-lsp--distinct (entries)
  "ENTRIES, pairs of a title and a file, such that no title is there twice."
  (let (seen)
    (mapcar (pcase-lambda (`(,title . ,file))
              (let ((title (if (member title seen) (format "%s (%s)" title (file-name-base file)) title)))
                (push title seen)
                (cons title file)))
            entries)))

(provide 'stackspot-lsp-conversation)

;;; stackspot-lsp-conversation.el ends here
