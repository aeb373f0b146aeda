;;; stackspot-lsp.el --- StackSpot AI agents, through eglot or lsp-mode  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; Version: 0.1.0
;; Package-Requires: ((emacs "29.1"))
;; Keywords: tools, languages, convenience
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Commands for the language server stackspot-lsp: answers that stream into a
;; buffer, edits by instruction, questions, proposals.  The code actions of the
;; server work without this file; `stackspot-lsp-map' holds what it adds.
;;
;;   (require 'stackspot-lsp)
;;   (stackspot-lsp-eglot-setup)    ; or (stackspot-lsp-lsp-mode-setup)
;;   (keymap-global-set "C-c s" 'stackspot-lsp-map)

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'stackspot-lsp-answer)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-context)
(require 'stackspot-lsp-conversation)
(require 'stackspot-lsp-eglot)
(require 'stackspot-lsp-job)
(require 'stackspot-lsp-lsp-mode)
(require 'stackspot-lsp-proposal)
(require 'stackspot-lsp-request)
(require 'stackspot-lsp-settings)
(require 'stackspot-lsp-texts)

;;;###autoload (autoload 'stackspot-lsp-map "stackspot-lsp" nil nil 'keymap)
(defvar-keymap stackspot-lsp-map
  :doc "Keys for the commands of StackSpot AI; put it on a prefix of yours."
  :prefix 'stackspot-lsp-map
  "e" #'stackspot-lsp-explain
  "v" #'stackspot-lsp-review
  "u" #'stackspot-lsp-suggest
  "r" #'stackspot-lsp-refactor
  "f" #'stackspot-lsp-fix
  "d" #'stackspot-lsp-document
  "t" #'stackspot-lsp-test
  "a" #'stackspot-lsp-ask
  "i" #'stackspot-lsp-edit
  "x" #'stackspot-lsp-run
  "g" #'stackspot-lsp-follow-up
  "l" #'stackspot-lsp-chats
  "c" #'stackspot-lsp-cancel
  "p" #'stackspot-lsp-preview
  "y" #'stackspot-lsp-apply
  "n" #'stackspot-lsp-discard
  "+" #'stackspot-lsp-context
  "w" #'stackspot-lsp-choose-agent
  "s" #'stackspot-lsp-show-answer
  "?" #'stackspot-lsp-status)

;;;###autoload
(defun stackspot-lsp-explain ()
  "Explain the region, or the definition around point."
  (interactive)
  (stackspot-lsp--start "explain"))

;;;###autoload
(defun stackspot-lsp-review ()
  "Review the region, or the definition around point."
  (interactive)
  (stackspot-lsp--start "review"))

;;;###autoload
(defun stackspot-lsp-suggest ()
  "Have refactorings of the region, or of the definition around point, suggested."
  (interactive)
  (stackspot-lsp--start "suggest"))

;;;###autoload
(defun stackspot-lsp-refactor ()
  "Refactor the region, or the definition around point."
  (interactive)
  (stackspot-lsp--start "refactor"))

;;;###autoload
(defun stackspot-lsp-fix ()
  "Fix the problems in the region, or on the line of point."
  (interactive)
  (stackspot-lsp--start "fix"))

;;;###autoload
(defun stackspot-lsp-document ()
  "Document the region, or the definition around point."
  (interactive)
  (stackspot-lsp--start "document"))

;;;###autoload
(defun stackspot-lsp-test ()
  "Add a test of the region, or of the definition around point."
  (interactive)
  (stackspot-lsp--start "test"))

;;;###autoload
(defun stackspot-lsp-ask (question)
  "Ask QUESTION about the region, or about the definition around point.
An empty QUESTION opens a document to hold a conversation in."
  (interactive (list (read-string (stackspot-lsp--text 'prompt-ask))))
  (if (string-blank-p question)
      (stackspot-lsp--start "ask")
    (stackspot-lsp--start "ask" :instruction question)))

;;;###autoload
(defun stackspot-lsp-edit (instruction)
  "Edit the region, or the definition around point, by INSTRUCTION."
  (interactive (list (read-string (stackspot-lsp--text 'prompt-edit))))
  (stackspot-lsp--start "edit" :instruction instruction))

;;;###autoload
(defun stackspot-lsp-run (action)
  "Run ACTION, one of the server's or of your prompt files."
  (interactive
   (let* ((connection (stackspot-lsp--connection))
          (document (plist-get (stackspot-lsp--place connection (cons (point) (point))) :textDocument))
          (rows (stackspot-lsp--call connection "actions" (list :textDocument document)))
          (titles (mapcar (lambda (row) (cons (plist-get row :title) row)) (append rows nil)))
          (row (cdr (assoc (completing-read (stackspot-lsp--text 'prompt-action) titles nil t) titles))))
     (list row)))
  (let ((id (plist-get action :action)))
    (if (eq (plist-get action :needsInstruction) t)
        (stackspot-lsp--start id :instruction (read-string (format "%s: " (plist-get action :title))))
      (stackspot-lsp--start id))))

;;;###autoload
(defun stackspot-lsp-follow-up (instruction)
  "Go on with the latest conversation about this buffer: INSTRUCTION."
  (interactive (list (read-string (stackspot-lsp--text 'prompt-follow-up))))
  (let* ((last (or stackspot-lsp--last (user-error "%s" (stackspot-lsp--text 'nothing-asked))))
         (params (copy-sequence (stackspot-lsp--job-params last)))
         (conversation (plist-get (stackspot-lsp--job-result last) :conversationId)))
    (when (stackspot-lsp--job-live last)
      (user-error "%s" (stackspot-lsp--text 'still-coming)))
    (setq params (plist-put params :instruction instruction))
    (when conversation
      (setq params (plist-put params :conversationId conversation)))
    (let ((job (make-stackspot-lsp--job
                :connection (stackspot-lsp--job-connection last) :params params
                :source (stackspot-lsp--job-source last) :title (stackspot-lsp--job-title last)
                :answer (stackspot-lsp--job-answer last) :streams (stackspot-lsp--job-streams last)
                :language (stackspot-lsp--job-language last))))
      (when (buffer-live-p (stackspot-lsp--job-answer job))
        (with-current-buffer (stackspot-lsp--job-answer job) (setq stackspot-lsp--last job))
        (stackspot-lsp--show job (format "\n\n---\n\n**%s**\n\n" instruction))
        (stackspot-lsp--head job "…"))
      (stackspot-lsp--send job))))

;;;###autoload
(defun stackspot-lsp-cancel (&optional all)
  "Cancel the jobs of this buffer, or the answer in it.
With a prefix argument ALL, cancel everything."
  (interactive "P")
  (if (and stackspot-lsp-answer-mode (not all))
      (let ((job (or stackspot-lsp--last (user-error "%s" (stackspot-lsp--text 'no-answer-here)))))
        (stackspot-lsp--notify (stackspot-lsp--job-connection job) "window/workDoneProgress/cancel"
                               (list :token (stackspot-lsp--progress-token job))))
    (let* ((connection (stackspot-lsp--connection))
           (place (stackspot-lsp--place connection (cons (point) (point))))
           (uri (plist-get (plist-get place :textDocument) :uri))
           (answer (stackspot-lsp--call connection "cancel"
                                        (unless all (list :textDocument (list :uri uri))))))
      (when (equal (plist-get answer :cancelled) 0)
        (message "%s" (stackspot-lsp--text 'nothing-runs))))))

;;;###autoload
(defun stackspot-lsp-choose-agent ()
  "Choose the agent that the commands ask."
  (interactive)
  (let* ((connection (stackspot-lsp--connection))
         (agents (append (stackspot-lsp--call connection "agents") nil))
         (tries 20))
    ;; The first call answers with those of the settings, and has the account's fetched.
    (while (and (null agents) (>= (cl-decf tries) 0))
      (sit-for 0.1)
      (setq agents (append (stackspot-lsp--call connection "agents") nil)))
    (let* ((default (stackspot-lsp--text 'agent-default))
           (names (cons (list default)
                        (mapcar (lambda (agent)
                                  (let ((id (plist-get agent :id)) (name (plist-get agent :name)))
                                    (cons (if (or (null name) (equal id name)) id (format "%s (%s)" name id))
                                          id)))
                                agents)))
           (choice (completing-read (stackspot-lsp--text 'prompt-agent) names nil nil nil nil default)))
      ;; An id that the list does not hold may be typed.
      (setq stackspot-lsp-agent (if-let* ((known (assoc choice names))) (cdr known) choice))
      (message "%s" (stackspot-lsp--text 'asks (or stackspot-lsp-agent (stackspot-lsp--text 'agent-of-settings)))))))

;;;###autoload
(defun stackspot-lsp-show-answer ()
  "Show the latest answer again, also one that broke off."
  (interactive)
  (stackspot-lsp--call (stackspot-lsp--connection) "showAnswer"))

;;;###autoload
(defun stackspot-lsp-status ()
  "Tell of the jobs, the agent, and the usage."
  (interactive)
  (let* ((status (stackspot-lsp--call (stackspot-lsp--connection) "status"))
         (jobs (append (plist-get status :jobs) nil))
         (waiting (seq-count (lambda (job) (equal (plist-get job :state) "proposed")) jobs))
         (usage (plist-get status :usage)))
    (message "%s" (stackspot-lsp--text
                   'status
                   (or stackspot-lsp-agent (plist-get status :agent) (stackspot-lsp--text 'no-agent))
                   (if (eq (plist-get status :sandbox) t) " [sandbox]" "")
                   (pcase (plist-get status :token)
                     ("valid" (stackspot-lsp--text 'token-valid))
                     ("expired" (stackspot-lsp--text 'token-expired))
                     (_ (stackspot-lsp--text 'token-none)))
                   (- (length jobs) waiting) waiting
                   (plist-get usage :requests) (plist-get usage :inputTokens) (plist-get usage :outputTokens)))))

(provide 'stackspot-lsp)

;;; stackspot-lsp.el ends here
