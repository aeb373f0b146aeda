;;; stackspot-lsp-connection.el --- How buffers reach the server of StackSpot AI  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; A connection is (eglot . SERVER) or (lsp . WORKSPACE).  What it takes to ask the
;; server is the same for both from here on.

;;; Code:

(require 'seq)
(require 'stackspot-lsp-answer)
(require 'stackspot-lsp-job)
(require 'stackspot-lsp-texts)

(defvar lsp--cur-workspace)
(declare-function eglot-current-server "eglot")
(declare-function eglot--capabilities "eglot" (server) t)
(declare-function eglot--lsp-position-to-point "eglot")
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
(declare-function stackspot-lsp--code-buffer "stackspot-lsp-proposal")
(declare-function stackspot-lsp--conversation-connection "stackspot-lsp-conversation")
(defvar stackspot-lsp--edit)
(defvar stackspot-lsp-conversation-mode)
(declare-function lsp-find-workspace "ext:lsp-mode")
(declare-function lsp-notify "ext:lsp-mode")
(declare-function lsp-request-async "ext:lsp-mode")
(declare-function lsp--get-buffer-diagnostics "ext:lsp-mode")
(declare-function lsp--workspace-proc "ext:lsp-mode" (workspace) t)
(declare-function lsp--workspace-status "ext:lsp-mode" (workspace) t)
(declare-function lsp--position-to-point "ext:lsp-mode")
(declare-function lsp--region-to-range "ext:lsp-mode")
(declare-function lsp--versioned-text-document-identifier "ext:lsp-mode")

(defun stackspot-lsp--connection ()
  "The connection of this buffer to the server."
  (or (and stackspot-lsp-answer-mode stackspot-lsp--last (stackspot-lsp--job-connection stackspot-lsp--last))
      (when-let* ((code (stackspot-lsp--code-buffer)))
        (with-current-buffer code (stackspot-lsp--connection)))
      (stackspot-lsp--conversation-connection)
      (and (featurep 'eglot) (eglot-current-server)
           (seq-contains-p (plist-get (plist-get (eglot--capabilities (eglot-current-server)) :executeCommandProvider)
                                      :commands)
                           "stackspot-lsp.run")
           (cons 'eglot (eglot-current-server)))
      (when-let* ((workspace (stackspot-lsp--workspace))) (cons 'lsp workspace))
      (user-error "%s" (stackspot-lsp--text 'no-server))))

(defun stackspot-lsp--workspace ()
  "The workspace of lsp-mode that has the server for this buffer.
Where it was restarted just now, this waits for the next one."
  ;; A file of the project that lsp-mode was not started in is none that the server has.
  (when (and (bound-and-true-p lsp-mode) buffer-file-name)
    (let ((find (lambda () (lsp-find-workspace 'stackspot-lsp buffer-file-name)))
          (end (+ (float-time) 10))
          workspace)
      (while (and (setq workspace (funcall find))
                  (not (stackspot-lsp--ready-p workspace))
                  (< (float-time) end))
        (sit-for 0.05 t))
      workspace)))

(defun stackspot-lsp--ready-p (workspace)
  "Whether WORKSPACE of lsp-mode has a server that takes requests."
  (and (eq (lsp--workspace-status workspace) 'initialized)
       (process-live-p (lsp--workspace-proc workspace))))

(defun stackspot-lsp--connected (buffers)
  "The first of BUFFERS that has code and the server."
  (seq-find (lambda (buffer)
              (with-current-buffer buffer
                (and buffer-file-name (not stackspot-lsp--edit) (not stackspot-lsp-conversation-mode)
                     (ignore-errors (stackspot-lsp--connection)))))
            buffers))

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

(defun stackspot-lsp--uri-of (file)
  "The address of FILE, in the form that the client of this buffer gives it.
A drive of Windows has its own."
  ;; Before Emacs 30 eglot's was its own.
  (cond ((fboundp 'eglot-path-to-uri) (eglot-path-to-uri file))
        ((fboundp 'eglot--path-to-uri) (eglot--path-to-uri file))
        ((fboundp 'lsp--path-to-uri) (lsp--path-to-uri file))
        (t (user-error "%s" (stackspot-lsp--text 'no-server)))))

(defun stackspot-lsp--file-of (uri)
  "The file of URI."
  (cond ((fboundp 'eglot-uri-to-path) (eglot-uri-to-path uri))
        ((fboundp 'eglot--uri-to-path) (eglot--uri-to-path uri))
        ((fboundp 'lsp--uri-to-path) (lsp--uri-to-path uri))
        (t (user-error "%s" (stackspot-lsp--text 'no-server)))))

(defun stackspot-lsp--position (position)
  "Where POSITION, one of the protocol, is in this buffer."
  (if (and (featurep 'eglot) (eglot-current-server))
      (eglot--lsp-position-to-point position)
    (lsp--position-to-point (let ((table (make-hash-table :test 'equal)))
                              (puthash "line" (plist-get position :line) table)
                              (puthash "character" (plist-get position :character) table)
                              table))))

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
  (stackspot-lsp--request connection "workspace/executeCommand"
                          (append (list :command (concat "stackspot-lsp." command))
                                  (when argument (list :arguments (vector argument))))))

(defun stackspot-lsp--request (connection method params)
  "Ask for METHOD with PARAMS over CONNECTION, and wait for what comes."
  (pcase connection
    (`(eglot . ,server)
     ;; A proposal is held against the text that the server knows, and eglot tells of changes late.
     (stackspot-lsp--flush server)
     (condition-case failure
         (jsonrpc-request server (intern (concat ":" method)) params)
       ;; What the server says is for the user; what jsonrpc puts around it is not.
       (jsonrpc-error
        (user-error "%s" (stackspot-lsp--in-one-line
                          (or (alist-get 'jsonrpc-error-message (cddr failure)) (error-message-string failure))
                          (plist-get (alist-get 'jsonrpc-error-data (cddr failure)) :brief))))))
    (`(lsp . ,workspace)
     ;; `lsp-request' leaves by a throw, which loses what came in the same read.
     (let ((end (+ (float-time) 10)) reply failure)
       (let ((lsp--cur-workspace workspace))
         (lsp-request-async method params
                            (lambda (result) (setq reply (list result)))
                            :error-handler (lambda (error) (setq failure (stackspot-lsp--plist error)))
                            :mode 'detached))
       (while (and (not (or reply failure (> (float-time) end)))
                   (process-live-p (lsp--workspace-proc workspace)))
         (accept-process-output nil 0.02))
       (unless reply
         (user-error "%s" (stackspot-lsp--in-one-line
                           (or (plist-get failure :message) (stackspot-lsp--text 'no-reply))
                           (plist-get (plist-get failure :data) :brief))))
       (stackspot-lsp--plist (car reply))))))

(defconst stackspot-lsp--line 90
  "How many characters of an error are echoed.")

(defun stackspot-lsp--in-one-line (whole brief)
  "The BRIEF form of the WHOLE words of an error, or their beginning.
What is left out is in *Messages*."
  (let* ((case-fold-search nil)
         (short (or brief
                    ;; The field of the request is for who reads the log, and the folders of a file are too.
                    (replace-regexp-in-string
                     "file://[^ \n]*/\\([^/ \n]+\\)" "\\1"
                     (replace-regexp-in-string "\\`[a-z]+[a-zA-Z.]*: " "" whole))))
         (line (truncate-string-to-width short stackspot-lsp--line nil nil "…")))
    (unless (equal line whole)
      (let ((inhibit-message t)) (message "%s" whole)))
    line))

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

(provide 'stackspot-lsp-connection)

;;; stackspot-lsp-connection.el ends here
