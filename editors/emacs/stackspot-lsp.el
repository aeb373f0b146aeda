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
(require 'subr-x)

(defvar eglot-server-programs)
(defvar lsp--cur-workspace)
(declare-function eglot "eglot")
(declare-function eglot-current-server "eglot")
(declare-function eglot-server-capable "eglot")
(declare-function eglot--pos-to-lsp-position "eglot")
(declare-function eglot--signal-textDocument/didChange "eglot")
(declare-function eglot--VersionedTextDocumentIdentifier "eglot")
(declare-function eglot--diag-data "eglot")
(declare-function eglot--managed-buffers "eglot" (server) t)
(declare-function eglot--server-info "eglot" (server) t)
(declare-function flymake-diagnostics "flymake")
(declare-function jsonrpc-async-request "jsonrpc")
(declare-function jsonrpc-request "jsonrpc")
(declare-function jsonrpc-notify "jsonrpc")
(declare-function lsp-find-workspace "ext:lsp-mode")
(declare-function lsp-notify "ext:lsp-mode")
(declare-function lsp-on-progress-modeline "ext:lsp-mode")
(declare-function lsp-register-client "ext:lsp-mode")
(declare-function lsp-request-async "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")
(declare-function lsp--get-buffer-diagnostics "ext:lsp-mode")
(declare-function lsp--region-to-range "ext:lsp-mode")
(declare-function lsp--versioned-text-document-identifier "ext:lsp-mode")
(declare-function make-lsp-client "ext:lsp-mode")

(defgroup stackspot-lsp nil
  "StackSpot AI agents."
  :group 'tools
  :prefix "stackspot-lsp-")

(defcustom stackspot-lsp-command '("stackspot-lsp")
  "Program and arguments that start the server.
With the argument \"--sandbox\" it answers by itself, without an account."
  :type '(repeat string))

(defcustom stackspot-lsp-rass-command '("rass" "--log-level" "warn")
  "Program and arguments that start rass.
Eglot runs one server in a buffer; rass makes several look like one.  It is
the Python package rassumfrassum."
  :type '(repeat string))

(defcustom stackspot-lsp-agent nil
  "Agent that the commands ask, by its id or its name in the settings.
Nil means the one that the server's settings name."
  :type '(choice (const :tag "As the settings say" nil) string))

;;; Jobs

(cl-defstruct (stackspot-lsp--job (:copier nil))
  "One question to an agent, from its start to its end."
  token connection params title
  source    ; the buffer that it is about
  answer    ; the buffer that shows what the agent says; nil before it says anything
  streams   ; whether its text is shown as it comes
  (live t) result)

(defvar stackspot-lsp--jobs (make-hash-table :test 'equal)
  "The jobs that run, by the token of their partial results.")

(defvar stackspot-lsp--count 0 "How many jobs there were.")

(defvar-local stackspot-lsp--last nil
  "The latest job about this buffer, or the one that it shows.")

(defconst stackspot-lsp--edits '("refactor" "edit" "fix" "document" "test")
  "Actions of which the result is an edit.")

(defun stackspot-lsp--start (action &rest more)
  "Ask for ACTION on the region, or on what is around point.
MORE are further members of the parameters."
  (let* ((connection (stackspot-lsp--connection))
         (region (if (use-region-p) (cons (region-beginning) (region-end))
                   (cons (point) (point))))
         (params (append (list :action action)
                         (stackspot-lsp--place connection region)
                         (when-let* ((diagnostics (stackspot-lsp--diagnostics connection region)))
                           (list :diagnostics (vconcat diagnostics)))
                         (when stackspot-lsp-agent (list :agent stackspot-lsp-agent))
                         more)))
    (when (member action stackspot-lsp--edits)
      ;; Undo would be about the region alone otherwise.
      (deactivate-mark))
    (stackspot-lsp--send (make-stackspot-lsp--job
                          :connection connection :params params :source (current-buffer)
                          :title (format "%s %s" action (buffer-name))
                          :streams (not (member action stackspot-lsp--edits))))))

(defun stackspot-lsp--send (job)
  "Send JOB to its server."
  (let ((token (format "stackspot-lsp-el/%d" (cl-incf stackspot-lsp--count))))
    (setf (stackspot-lsp--job-token job) token)
    (puthash token job stackspot-lsp--jobs)
    (when (buffer-live-p (stackspot-lsp--job-source job))
      (with-current-buffer (stackspot-lsp--job-source job) (setq stackspot-lsp--last job)))
    (message "StackSpot: %s…" (stackspot-lsp--job-title job))
    (stackspot-lsp--run (stackspot-lsp--job-connection job)
                        (append (stackspot-lsp--job-params job)
                                (list :partialResultToken token
                                      :workDoneToken (concat token "/progress")))
                        (lambda (result) (stackspot-lsp--ended job result nil))
                        (lambda (error) (stackspot-lsp--ended job nil error)))))

(defun stackspot-lsp--partial (token value)
  "Take VALUE, a plist, for the job of TOKEN; nil if it is of no job here."
  (when-let* ((job (gethash token stackspot-lsp--jobs)))
    (cond ((plist-get value :delta)
           (when (stackspot-lsp--job-streams job)
             (stackspot-lsp--show job (plist-get value :delta))))
          ((plist-get value :result) (stackspot-lsp--ended job (plist-get value :result) nil))
          ((plist-get value :error) (stackspot-lsp--ended job nil (plist-get value :error))))
    job))

(defun stackspot-lsp--ended (job result error)
  "Note that JOB has come to RESULT, or to ERROR."
  (when (stackspot-lsp--job-live job)
    (setf (stackspot-lsp--job-live job) nil
          (stackspot-lsp--job-result job) result)
    (remhash (stackspot-lsp--job-token job) stackspot-lsp--jobs)
    (let* ((outcome (plist-get result :outcome))
           (reason (plist-get result :reason))
           (text (if error (plist-get (plist-get error :data) :partial)
                   (plist-get result :answer)))
           (title (stackspot-lsp--job-title job))
           (said (cond ((equal (plist-get error :code) -32800) "cancelled")
                       (error (plist-get error :message))
                       ((equal outcome "applied") "done; undo takes it back")
                       ((equal outcome "proposed")
                        (concat "the edit waits: " reason
                                (substitute-command-keys
                                 "  \\<stackspot-lsp-map>Preview, apply or discard it.")))
                       ((equal outcome "unchanged") "the agent returned the text as it was")
                       (reason)
                       (t "answered"))))
      ;; A reply from which no edit could be made is an answer.
      (when (and (equal outcome "answered") (not (string-empty-p (or text "")))
                 (not (stackspot-lsp--job-answer job)))
        (stackspot-lsp--show job text))
      (stackspot-lsp--head job (concat said (and error text "; the answer is incomplete")
                                       (stackspot-lsp--usage (plist-get result :usage))))
      (message "StackSpot: %s: %s" title said))))

(defun stackspot-lsp--usage (usage)
  "The words for USAGE."
  (if-let* ((first (plist-get usage :firstTokenMs)))
      (format " [first word after %.1f s%s]" (/ first 1000.0)
              (if-let* ((in (plist-get usage :inputTokens)) (out (plist-get usage :outputTokens)))
                  (format ", %d → %d tokens" in out)
                ""))
    ""))

;;; The answer buffer

(defvar-keymap stackspot-lsp-answer-mode-map
  :doc "Keys of buffers that show an answer."
  "C-c C-k" #'stackspot-lsp-cancel
  "q" #'quit-window
  "f" #'stackspot-lsp-follow-up)

(define-minor-mode stackspot-lsp-answer-mode
  "Keys for the answer of an agent."
  :interactive nil
  (setq buffer-read-only t))

(defun stackspot-lsp--show (job text)
  "Put TEXT at the end of the answer buffer of JOB.
The buffer is opened where it is not, and the selected window stays selected."
  (unless (buffer-live-p (stackspot-lsp--job-answer job))
    (setf (stackspot-lsp--job-answer job) (stackspot-lsp--answer-buffer job)))
  (with-current-buffer (stackspot-lsp--job-answer job)
    (let ((inhibit-read-only t))
      ;; Whoever reads at the top stays there.
      (save-excursion
        (goto-char (point-max))
        (insert text)))))

(defun stackspot-lsp--answer-buffer (job)
  "Open a buffer for the answer of JOB."
  (let* ((name (format "*StackSpot %s*" (stackspot-lsp--job-title job)))
         (old (get-buffer name))
         (busy (and old (buffer-local-value 'stackspot-lsp--last old)))
         (buffer (if (and busy (stackspot-lsp--job-live busy)) (generate-new-buffer name)
                   (get-buffer-create name))))
    (with-current-buffer buffer
      (let ((inhibit-read-only t)) (erase-buffer))
      (if (fboundp 'markdown-mode) (markdown-mode) (text-mode))
      (visual-line-mode)
      (stackspot-lsp-answer-mode)
      (setq stackspot-lsp--last job))
    (stackspot-lsp--head job "…" buffer)
    (display-buffer buffer '((display-buffer-reuse-window display-buffer-pop-up-window
                                                          display-buffer-use-some-window)
                             (inhibit-same-window . t)))
    buffer))

(defun stackspot-lsp--head (job said &optional buffer)
  "Let the answer BUFFER of JOB, if there is one, say SAID above its text."
  (when-let* ((buffer (or buffer (stackspot-lsp--job-answer job))) ((buffer-live-p buffer)))
    (with-current-buffer buffer
      (setq header-line-format
            (concat " " (string-replace "%" "%%" (string-replace "\n" " " said))
                    (substitute-command-keys
                     (if (stackspot-lsp--job-live job) "  (\\`C-c C-k' cancels)"
                       "  (\\`f' follow up, \\`q' quit)"))))
      (force-mode-line-update))))

;;; Commands

;;;###autoload (autoload 'stackspot-lsp-map "stackspot-lsp" nil nil 'keymap)
(defvar-keymap stackspot-lsp-map
  :doc "Keys for the commands of StackSpot AI; put it on a prefix of yours."
  :prefix 'stackspot-lsp-map
  "e" #'stackspot-lsp-explain
  "v" #'stackspot-lsp-review
  "r" #'stackspot-lsp-refactor
  "f" #'stackspot-lsp-fix
  "d" #'stackspot-lsp-document
  "t" #'stackspot-lsp-test
  "a" #'stackspot-lsp-ask
  "i" #'stackspot-lsp-edit
  "x" #'stackspot-lsp-run
  "g" #'stackspot-lsp-follow-up
  "c" #'stackspot-lsp-cancel
  "p" #'stackspot-lsp-preview
  "y" #'stackspot-lsp-apply
  "n" #'stackspot-lsp-discard
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
  (interactive "sAsk (empty: open a conversation): ")
  (if (string-blank-p question)
      (stackspot-lsp--start "ask")
    (stackspot-lsp--start "ask" :instruction question)))

;;;###autoload
(defun stackspot-lsp-edit (instruction)
  "Edit the region, or the definition around point, by INSTRUCTION."
  (interactive "sEdit as follows: ")
  (stackspot-lsp--start "edit" :instruction instruction))

;;;###autoload
(defun stackspot-lsp-run (action)
  "Run ACTION, one of the server's or of your prompt files."
  (interactive
   (let* ((connection (stackspot-lsp--connection))
          (document (plist-get (stackspot-lsp--place connection (cons (point) (point))) :textDocument))
          (rows (stackspot-lsp--call connection "actions" (list :textDocument document)))
          (titles (mapcar (lambda (row) (cons (plist-get row :title) row)) (append rows nil)))
          (row (cdr (assoc (completing-read "Action: " titles nil t) titles))))
     (list row)))
  (let ((id (plist-get action :action)))
    (if (eq (plist-get action :needsInstruction) t)
        (stackspot-lsp--start id :instruction (read-string (format "%s: " (plist-get action :title))))
      (stackspot-lsp--start id))))

;;;###autoload
(defun stackspot-lsp-follow-up (instruction)
  "Go on with the latest conversation about this buffer: INSTRUCTION."
  (interactive "sFollow up: ")
  (let* ((last (or stackspot-lsp--last (user-error "Nothing was asked about this buffer")))
         (params (copy-sequence (stackspot-lsp--job-params last)))
         (conversation (plist-get (stackspot-lsp--job-result last) :conversationId)))
    (when (stackspot-lsp--job-live last)
      (user-error "The answer is still coming in"))
    (setq params (plist-put params :instruction instruction))
    (when conversation
      (setq params (plist-put params :conversationId conversation)))
    (let ((job (make-stackspot-lsp--job
                :connection (stackspot-lsp--job-connection last) :params params
                :source (stackspot-lsp--job-source last) :title (stackspot-lsp--job-title last)
                :answer (stackspot-lsp--job-answer last) :streams (stackspot-lsp--job-streams last))))
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
      (let ((job (or stackspot-lsp--last (user-error "No answer is shown here"))))
        (stackspot-lsp--notify (stackspot-lsp--job-connection job) "window/workDoneProgress/cancel"
                               (list :token (concat (stackspot-lsp--job-token job) "/progress"))))
    (let* ((connection (stackspot-lsp--connection))
           (place (stackspot-lsp--place connection (cons (point) (point))))
           (uri (plist-get (plist-get place :textDocument) :uri))
           (answer (stackspot-lsp--call connection "cancel"
                                        (unless all (list :textDocument (list :uri uri))))))
      (when (equal (plist-get answer :cancelled) 0)
        (message "StackSpot: nothing runs here")))))

;;;###autoload
(defun stackspot-lsp-apply ()
  "Apply the edit that waits."
  (interactive)
  (stackspot-lsp--on-proposal "apply"))

;;;###autoload
(defun stackspot-lsp-discard ()
  "Discard the edit that waits."
  (interactive)
  (stackspot-lsp--on-proposal "discard")
  (message "StackSpot: discarded"))

;;;###autoload
(defun stackspot-lsp-preview ()
  "Show the edit that waits as a diff."
  (interactive)
  (stackspot-lsp--on-proposal "showEdit"))

(defun stackspot-lsp--on-proposal (command)
  "Run COMMAND for the edit that waits, chosen by the user if there are several."
  (let* ((connection (stackspot-lsp--connection))
         (jobs (append (plist-get (stackspot-lsp--call connection "status") :jobs) nil))
         (waiting (seq-filter (lambda (job) (equal (plist-get job :state) "proposed")) jobs))
         (names (mapcar (lambda (job)
                          (cons (format "%s %s (%s)" (plist-get job :action)
                                        (file-name-nondirectory (plist-get job :uri))
                                        (plist-get job :jobId))
                                (plist-get job :jobId)))
                        waiting)))
    (unless names (user-error "No edit waits"))
    (stackspot-lsp--call connection command
                         (list :jobId (if (cdr names)
                                          (cdr (assoc (completing-read "Edit: " names nil t) names))
                                        (cdar names))))))

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
    (let* ((default "as the settings say")
           (names (cons (list default)
                        (mapcar (lambda (agent)
                                  (let ((id (plist-get agent :id)) (name (plist-get agent :name)))
                                    (cons (if (or (null name) (equal id name)) id (format "%s (%s)" name id))
                                          id)))
                                agents)))
           (choice (completing-read "Agent: " names nil nil nil nil default)))
      ;; An id that the list does not hold may be typed.
      (setq stackspot-lsp-agent (if-let* ((known (assoc choice names))) (cdr known) choice))
      (message "StackSpot: asks %s" (or stackspot-lsp-agent "the agent of the settings")))))

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
    (message "StackSpot: agent %s%s, token %s; %d running, %d waiting; %d requests, %d → %d tokens"
             (or stackspot-lsp-agent (plist-get status :agent) "none")
             (if (eq (plist-get status :sandbox) t) " [sandbox]" "")
             (plist-get status :token) (- (length jobs) waiting) waiting
             (plist-get usage :requests) (plist-get usage :inputTokens) (plist-get usage :outputTokens))))

;;; Connections: (eglot . SERVER) or (lsp . WORKSPACE)

(defun stackspot-lsp--connection ()
  "The connection of this buffer to the server."
  (or (and stackspot-lsp-answer-mode stackspot-lsp--last (stackspot-lsp--job-connection stackspot-lsp--last))
      (and (featurep 'eglot) (eglot-current-server)
           (seq-contains-p (plist-get (eglot-server-capable :executeCommandProvider) :commands)
                           "stackspot-lsp.run")
           (cons 'eglot (eglot-current-server)))
      (and (featurep 'lsp-mode) buffer-file-name
           (when-let* ((workspace (lsp-find-workspace 'stackspot-lsp buffer-file-name)))
             (cons 'lsp workspace)))
      (user-error "No StackSpot server in this buffer; `M-x stackspot-lsp-eglot' starts one")))

(defun stackspot-lsp--place (connection region)
  "The parameters that tell CONNECTION of REGION of this buffer, as it is now."
  (pcase-let ((`(,beg . ,end) region))
    (pcase (car connection)
      ('eglot
       (eglot--signal-textDocument/didChange)
       (list :textDocument (eglot--VersionedTextDocumentIdentifier)
             :range (list :start (eglot--pos-to-lsp-position beg)
                          :end (eglot--pos-to-lsp-position end))))
      ('lsp
       (list :textDocument (stackspot-lsp--plist (lsp--versioned-text-document-identifier))
             :range (stackspot-lsp--plist (lsp--region-to-range beg end)))))))

(defun stackspot-lsp--diagnostics (connection region)
  "What CONNECTION reports on the lines of REGION, of all servers."
  (save-excursion
    (let* ((beg (progn (goto-char (car region)) (line-beginning-position)))
           (end (progn (goto-char (cdr region)) (line-end-position))))
      (pcase (car connection)
        ('eglot
         (when (bound-and-true-p flymake-mode)
           (delq nil (mapcar (lambda (it) (cdr (assoc 'eglot-lsp-diag (eglot--diag-data it))))
                             (flymake-diagnostics beg end)))))
        ('lsp
         (let ((first (1- (line-number-at-pos beg t))) (last (1- (line-number-at-pos end t))))
           (seq-filter (lambda (it)
                         (let ((line (plist-get (plist-get (plist-get it :range) :start) :line)))
                           (<= first line last)))
                       (mapcar #'stackspot-lsp--plist (lsp--get-buffer-diagnostics)))))))))

(defun stackspot-lsp--run (connection params success failure)
  "Run PARAMS over CONNECTION; call SUCCESS or FAILURE when it ended.
Behind rass, they are not called: the end comes as a partial result."
  (pcase connection
    (`(eglot . ,(and server (pred stackspot-lsp--alone-p)))
     (jsonrpc-async-request server :stackspot-lsp/run params
                            :success-fn success :error-fn failure :timeout nil))
    (`(eglot . ,server)
     (jsonrpc-async-request server :workspace/executeCommand
                            (list :command "stackspot-lsp.run" :arguments (vector params))
                            :success-fn #'ignore :error-fn failure :timeout nil))
    (`(lsp . ,workspace)
     (let ((lsp--cur-workspace workspace))
       (lsp-request-async "stackspot-lsp/run" params
                          (lambda (result) (funcall success (stackspot-lsp--plist result)))
                          :error-handler (lambda (error) (funcall failure (stackspot-lsp--plist error)))
                          :mode 'detached)))))

(defun stackspot-lsp--alone-p (server)
  "Whether SERVER of eglot is stackspot-lsp itself, and no multiplexer."
  (equal (plist-get (eglot--server-info server) :name) "stackspot-lsp"))

(defun stackspot-lsp--call (connection command &optional argument)
  "Run COMMAND with ARGUMENT over CONNECTION.  The server answers at once."
  (let ((params (append (list :command (concat "stackspot-lsp." command))
                        (when argument (list :arguments (vector argument))))))
    (pcase connection
      (`(eglot . ,server)
       ;; A proposal is held against the text that the server knows, and eglot tells of changes late.
       (stackspot-lsp--flush server)
       (jsonrpc-request server :workspace/executeCommand params))
      (`(lsp . ,workspace)
       ;; `lsp-request' leaves by a throw, which loses what came in the same read.
       (let ((end (+ (float-time) 10)) reply failure)
         (let ((lsp--cur-workspace workspace))
           (lsp-request-async "workspace/executeCommand" params
                              (lambda (result) (setq reply (list result)))
                              :error-handler (lambda (error) (setq failure (stackspot-lsp--plist error)))
                              :mode 'detached))
         (while (not (or reply failure (> (float-time) end)))
           (accept-process-output nil 0.02))
         (unless reply
           (error "%s" (or (plist-get failure :message) "StackSpot's server does not answer")))
         (stackspot-lsp--plist (car reply)))))))

(defun stackspot-lsp--flush (server &optional then)
  "Tell SERVER of eglot what changed; call THEN in each of its buffers."
  (dolist (buffer (eglot--managed-buffers server))
    (when (buffer-live-p buffer)
      (with-current-buffer buffer
        (eglot--signal-textDocument/didChange)
        (when then (funcall then))))))

(defun stackspot-lsp--notify (connection method params)
  "Send METHOD with PARAMS over CONNECTION."
  (pcase connection
    (`(eglot . ,server) (jsonrpc-notify server (intern (concat ":" method)) params))
    (`(lsp . ,workspace) (let ((lsp--cur-workspace workspace)) (lsp-notify method params)))))

(defun stackspot-lsp--plist (value)
  "VALUE with each hash table as a plist."
  (cond ((hash-table-p value)
         (let (plist)
           (maphash (lambda (key it)
                      (setq plist (nconc (list (intern (format ":%s" key)) (stackspot-lsp--plist it)) plist)))
                    value)
           plist))
        ((vectorp value) (vconcat (mapcar #'stackspot-lsp--plist value)))
        ;; lsp-mode makes lists of arrays where it merges the replies of servers.
        ((and (consp value) (hash-table-p (car value))) (mapcar #'stackspot-lsp--plist value))
        (t value)))

(with-eval-after-load 'eglot
  (cl-defmethod eglot-handle-request :before (server (_method (eql 'workspace/applyEdit)) &rest _)
    "Keep what was just typed apart from the edit.
Without that, an undo takes both, and eglot 1.17 puts an edit that does not know
of what it has not told the server yet into a wrong place."
    (stackspot-lsp--flush server #'undo-boundary))
  (cl-defmethod eglot-handle-notification :around
    (_server (_method (eql '$/progress)) &key token value &allow-other-keys)
    "Take the partial results of StackSpot's jobs."
    (unless (stackspot-lsp--partial token value)
      (cl-call-next-method))))

;;; Set-up

;;;###autoload
(defun stackspot-lsp-eglot ()
  "Start eglot with StackSpot's server alone in this buffer."
  (interactive)
  (require 'eglot)
  (let ((eglot-server-programs (list (cons major-mode stackspot-lsp-command))))
    (call-interactively #'eglot)))

(defvar stackspot-lsp--contacts (make-hash-table :test 'eq)
  "The contacts that `stackspot-lsp--beside' made.")

;;;###autoload
(defun stackspot-lsp-eglot-setup ()
  "Have eglot start StackSpot's server beside the server of each language.
Call it after what changes `eglot-server-programs'.  Where a language's server
is not installed, StackSpot's is started alone."
  (with-eval-after-load 'eglot
    (setq eglot-server-programs
          (mapcar (lambda (entry)
                    (if (gethash (cdr entry) stackspot-lsp--contacts) entry
                      (cons (car entry) (stackspot-lsp--beside (cdr entry)))))
                  eglot-server-programs))))

(defun stackspot-lsp--beside (contact)
  "A contact of eglot for the server of CONTACT and StackSpot's."
  (let ((both (lambda (&optional interactive project)
                (stackspot-lsp--join
                 (cond ((not (functionp contact)) contact)
                       ((eql (cdr (func-arity contact)) 1) (funcall contact interactive))
                       ;; eglot's alternatives fail where none of them is installed.
                       (t (ignore-errors (funcall contact interactive project))))))))
    (puthash both t stackspot-lsp--contacts)
    both))

(defun stackspot-lsp--join (contact)
  "The contact of eglot for the server of CONTACT and StackSpot's."
  (let* ((tail (and (consp contact) (seq-drop-while #'stringp contact)))
         (program (and (consp contact) (seq-take-while #'stringp contact)))
         (options (and (keywordp (car tail)) tail)))
    (cond ((and contact (or (not program) (and tail (not options)) (plist-member options :autoport)))
           ;; A class, or a host and a port: nothing that rass could start.
           contact)
          ((not (and program (executable-find (car program) t))) stackspot-lsp-command)
          ((not (executable-find (car stackspot-lsp-rass-command) t))
           (display-warning 'stackspot-lsp
                            (format "Only %s is started: to have StackSpot beside it, install %s (`pip install rassumfrassum')."
                                    (car program) (car stackspot-lsp-rass-command)))
           contact)
          (t (append stackspot-lsp-rass-command '("--") program '("--") stackspot-lsp-command
                     (stackspot-lsp--options-for program options))))))

(defun stackspot-lsp--options-for (program options)
  "OPTIONS of a contact, such that rass gives them to PROGRAM alone."
  (if-let* ((own (plist-get options :initializationOptions)))
      (let ((pattern (intern (format ":^%s" (regexp-quote (file-name-nondirectory (car program))))))
            (options (copy-sequence options)))
        (plist-put options :initializationOptions
                   (if (functionp own)
                       (lambda (server) (list :rass (list pattern (funcall own server))))
                     (list :rass (list pattern own)))))
    options))

;;;###autoload
(defun stackspot-lsp-lsp-mode-setup ()
  "Have lsp-mode start StackSpot's server beside the servers of each language."
  (with-eval-after-load 'lsp-mode
    ;; An undo takes what was typed before the edit with it otherwise.
    (add-hook 'lsp-before-apply-edits-hook #'undo-boundary)
    (let ((handlers (make-hash-table :test 'equal)))
      (puthash "$/progress"
               (lambda (workspace params)
                 (let ((progress (stackspot-lsp--plist params)))
                   (unless (stackspot-lsp--partial (plist-get progress :token) (plist-get progress :value))
                     (funcall (or (bound-and-true-p lsp-progress-function) #'ignore) workspace params))))
               handlers)
      (lsp-register-client
       (make-lsp-client :new-connection (lsp-stdio-connection (lambda () stackspot-lsp-command))
                        :activation-fn (lambda (&rest _) t)
                        :server-id 'stackspot-lsp
                        :add-on? t
                        :multi-root t
                        :notification-handlers handlers)))))

(provide 'stackspot-lsp)

;;; stackspot-lsp.el ends here
