;;; stackspot-lsp-eglot.el --- StackSpot AI through eglot  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Starts the server beside that of each language, and takes from eglot what the
;; server says.

;;; Code:

(require 'cl-lib)
(require 'eieio)
(require 'seq)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-conversation)
(require 'stackspot-lsp-job)
(require 'stackspot-lsp-mark)
(require 'stackspot-lsp-request)
(require 'stackspot-lsp-settings)
(require 'stackspot-lsp-texts)
(require 'subr-x)

(defvar eglot-server-programs)
(declare-function eglot "eglot")
(declare-function jsonrpc-running-p "jsonrpc")

(defvar stackspot-lsp--edits-asked 0
  "How many edits servers have asked eglot for.")

(defun stackspot-lsp--await-edit (so-far)
  "Wait half a second at most for the edit after SO-FAR ones.
The server sends an edit anew for the text as it is now.  Whoever types would
be a key ahead of that one, too; Emacs keeps their keys, and reads them later."
  (let ((end (+ (float-time) 0.5)))
    (while (and (= so-far stackspot-lsp--edits-asked) (< (float-time) end))
      (accept-process-output nil 0.01))))

(with-eval-after-load 'eglot
  (cl-defmethod eglot-handle-request :before (server (_method (eql 'workspace/applyEdit)) &rest _)
    "Keep what was just typed apart from the edit.
Without that, an undo takes both, and eglot 1.17 puts an edit that does not know
of what it has not told the server yet into a wrong place."
    (stackspot-lsp--flush server #'undo-boundary))
  (cl-defmethod eglot-handle-request :around
    (_server (_method (eql 'workspace/applyEdit)) &rest arguments)
    "Let readers at the end of a conversation go along with what is put there.
After an edit for an older text the next one comes before another key."
    (cl-incf stackspot-lsp--edits-asked)
    (let ((followed (stackspot-lsp--followed))
          ;; A word of eglot's for each piece of an answer would hide everything else that is said.
          (inhibit-message (or inhibit-message (stackspot-lsp--of-conversations-p (plist-get arguments :edit)))))
      (condition-case problem
          (prog1 (cl-call-next-method)
            (stackspot-lsp--follow followed))
        (jsonrpc-error
         ;; Once the refusal is sent.
         (when (string-match-p "require version" (format "%S" problem))
           (run-at-time 0 nil #'stackspot-lsp--await-edit stackspot-lsp--edits-asked))
         (signal (car problem) (cdr problem))))))
  (cl-defmethod eglot-handle-notification :around
    (_server (_method (eql '$/progress)) &key token value &allow-other-keys)
    "Take the partial results of StackSpot's jobs."
    (when (stackspot-lsp--progress token value)
      (cl-call-next-method)))
  (when (fboundp 'eglot-execute) ; since Emacs 30
    (cl-defmethod eglot-execute :around (server action)
      "Mark what an action of StackSpot's menu is about."
      (let ((params (when (equal (plist-get action :command) "stackspot-lsp.run")
                      (ignore-errors (elt (plist-get action :arguments) 0)))))
        (if (or (null params) (plist-get params :workDoneToken)) (cl-call-next-method)
          (let ((token (stackspot-lsp--mark-chosen (cons 'eglot server) params)))
            (condition-case problem
                (cl-call-next-method
                 server (plist-put (copy-sequence action) :arguments
                                   (vector (append params (list :workDoneToken token)))))
              (error (stackspot-lsp--unmark token)
                     (signal (car problem) (cdr problem)))))))))
  (add-hook 'eglot-managed-mode-hook #'stackspot-lsp--eglot-ended))

(defun stackspot-lsp--eglot-ended ()
  "End what ran on servers that have ended."
  (unless (bound-and-true-p eglot--managed-mode)
    (dolist (server (delete-dups (append (mapcar (lambda (job) (cdr (stackspot-lsp--job-connection job)))
                                                 (hash-table-values stackspot-lsp--jobs))
                                         (mapcar #'cdar (hash-table-values stackspot-lsp--marks-by-token)))))
      (when (and (eieio-object-p server) (not (jsonrpc-running-p server))) (stackspot-lsp--lost server)))))

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
                            (stackspot-lsp--text 'only-program (car program) (car stackspot-lsp-rass-command)))
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

(provide 'stackspot-lsp-eglot)

;;; stackspot-lsp-eglot.el ends here
