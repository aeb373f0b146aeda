;;; stackspot-lsp-proposal.el --- Edits of StackSpot AI that wait  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Commands that show, apply and discard an edit that the server keeps, and the
;; buffer that shows it as a diff.

;;; Code:

(require 'seq)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-texts)

(declare-function diff-mode "diff-mode")
(declare-function ediff-buffers "ediff")

(defvar-local stackspot-lsp--edit nil
  "The id of the edit that this buffer shows.")

(defvar stackspot-lsp--previewed nil
  "The ids of the edits that previews were asked for, the latest first.")

(defvar stackspot-lsp--code nil
  "The code buffers that edits are of, by the ids of these.")

;;;###autoload
(defun stackspot-lsp-apply ()
  "Apply the edit that waits.
Where you typed in its lines, you choose what becomes of that."
  (interactive)
  (stackspot-lsp--apply (stackspot-lsp--chosen)))

;;;###autoload
(defun stackspot-lsp-discard ()
  "Discard the edit that waits."
  (interactive)
  (stackspot-lsp--decide "discard" (stackspot-lsp--chosen))
  (message "%s" (stackspot-lsp--text 'discarded)))

;;;###autoload
(defun stackspot-lsp-preview ()
  "Show the edit that waits as a diff."
  (interactive)
  (let ((job (stackspot-lsp--chosen)) (connection (stackspot-lsp--connection)))
    ;; The server writes the file anew; nobody is to be asked about that.
    (dolist (buffer (buffer-list))
      (when (equal (buffer-local-value 'stackspot-lsp--edit buffer) job) (kill-buffer buffer)))
    (setq stackspot-lsp--previewed (cons job (seq-take stackspot-lsp--previewed 20)))
    (stackspot-lsp--call connection "showEdit" (list :jobId job))))

(defun stackspot-lsp-close-edit ()
  "Close the edit of this buffer, and let it wait."
  (interactive)
  (quit-window t))

(defun stackspot-lsp-ediff ()
  "Compare the code of today with the edit of this buffer, side by side."
  (interactive)
  (require 'ediff)
  (let* ((job (stackspot-lsp--chosen))
         (code (or (stackspot-lsp--code-buffer) (user-error "%s" (stackspot-lsp--text 'no-code-buffer))))
         (after (generate-new-buffer (format "*StackSpot: %s with the edit*" (buffer-name code))))
         (mode (buffer-local-value 'major-mode code))
         (edits (stackspot-lsp--edits-of job code)))
    (with-current-buffer after
      (insert (with-current-buffer code (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max)))))
      ;; Those further down first, so that no edit moves the place of another.
      (pcase-dolist (`(,beg ,end ,text) (sort edits (lambda (a b) (> (car a) (car b)))))
        (goto-char beg)
        (delete-region beg end)
        (insert text))
      (delay-mode-hooks (funcall mode))
      (set-buffer-modified-p nil)
      (setq buffer-read-only t))
    (ediff-buffers code after)))

(defun stackspot-lsp--edits-of (job code)
  "What JOB would replace in CODE: lists of start, end and text."
  (let* ((reply (with-current-buffer code
                  (stackspot-lsp--call (stackspot-lsp--connection) "proposal" (list :jobId job))))
         (edit (plist-get reply :edit))
         (changes (append (or (plist-get edit :documentChanges)
                              (let ((all (plist-get edit :changes))) (when all (list (list :edits (cadr all))))))
                          nil)))
    (with-current-buffer code
      (mapcan (lambda (change)
                (mapcar (lambda (it)
                          (let ((range (plist-get it :range)))
                            (list (stackspot-lsp--position (plist-get range :start))
                                  (stackspot-lsp--position (plist-get range :end))
                                  (plist-get it :newText))))
                        (append (plist-get change :edits) nil)))
              changes))))

(defvar-keymap stackspot-lsp-edit-mode-map
  :doc "Keys of a buffer that shows an edit."
  "y" #'stackspot-lsp-apply
  "n" #'stackspot-lsp-discard
  "e" #'stackspot-lsp-ediff
  "q" #'stackspot-lsp-close-edit)

(define-minor-mode stackspot-lsp-edit-mode
  "Keys for an edit that waits."
  :interactive nil
  (setq buffer-read-only t
        header-line-format (substitute-command-keys (stackspot-lsp--text 'head-edit))))

(defun stackspot-lsp--show-edit ()
  "Make a buffer of the one that visits a preview of the server."
  (when (and buffer-file-name
             (string-match "/stackspot-lsp/previews/\\([^/]+\\)\\.diff\\'" buffer-file-name))
    (let ((edit (stackspot-lsp--job-of (match-string 1 buffer-file-name))))
      (diff-mode)
      (setq stackspot-lsp--edit edit)
      (stackspot-lsp-edit-mode)
      (rename-buffer (format "*StackSpot edit of %s*"
                             (if-let* ((code (stackspot-lsp--code-buffer))) (buffer-name code) "?"))
                     t))))

(defun stackspot-lsp--job-of (name)
  "The id of the job whose preview has this NAME: its end is that of the id.
A preview that another client asked for is looked up at the servers."
  (let* ((tag (upcase (car (last (split-string name "-")))))
         (is-of (lambda (id) (string-suffix-p tag id))))
    (or (seq-find is-of stackspot-lsp--previewed)
        (seq-some (lambda (buffer)
                    (with-current-buffer buffer
                      (when-let* (((and buffer-file-name (not stackspot-lsp--edit)))
                                  (connection (ignore-errors (stackspot-lsp--connection)))
                                  (status (ignore-errors (stackspot-lsp--call connection "status"))))
                        (seq-find is-of (mapcar (lambda (job) (plist-get job :jobId))
                                                (append (plist-get status :jobs) nil))))))
                  (buffer-list))
        name)))

(add-hook 'find-file-hook #'stackspot-lsp--show-edit)

(defun stackspot-lsp--code-buffer ()
  "The buffer of the code that the edit of this buffer is of."
  (when stackspot-lsp--edit
    (let ((known (cdr (assoc stackspot-lsp--edit stackspot-lsp--code))))
      (if (buffer-live-p known) known
        ;; Chosen in a menu: the code is what was looked at last.
        (stackspot-lsp--connected (buffer-list))))))

(defun stackspot-lsp--chosen ()
  "The id of the edit of this buffer, else of the one that waits.
The user chooses where there are several."
  (or stackspot-lsp--edit
      (let* ((connection (stackspot-lsp--connection))
             (jobs (append (plist-get (stackspot-lsp--call connection "status") :jobs) nil))
             (waiting (seq-filter (lambda (job) (equal (plist-get job :state) "proposed")) jobs))
             (names (mapcar (lambda (job)
                              (cons (format "%s %s (%s)" (stackspot-lsp--action (plist-get job :action))
                                            (file-name-nondirectory (plist-get job :uri))
                                            (downcase (substring (plist-get job :jobId) -4)))
                                    (plist-get job :jobId)))
                            waiting))
             (id (cond ((cdr names)
                        (cdr (assoc (completing-read (stackspot-lsp--text 'prompt-proposal) names nil t) names)))
                       (names (cdar names))
                       (t (user-error "%s" (stackspot-lsp--text 'no-edit-waits))))))
        (setf (alist-get id stackspot-lsp--code nil nil #'equal) (current-buffer))
        id)))

(defun stackspot-lsp--apply (job)
  "Apply the edit of JOB, in the way that the user wants."
  (let ((ways (stackspot-lsp--ways job)))
    (stackspot-lsp--decide
     "apply" job
     (when ways
       (pcase (car (read-multiple-choice
                    (stackspot-lsp--text 'typed-in)
                    (append (when (memq 'merge ways) `((?m ,(stackspot-lsp--text 'way-merge))))
                            (when (memq 'replace ways) `((?r ,(stackspot-lsp--text 'way-replace))))
                            `((?q ,(stackspot-lsp--text 'way-quit))))))
         (?m '(:merge t))
         (?r '(:replace t))
         (_ (user-error "%s" (stackspot-lsp--text 'waits-still))))))))

(defun stackspot-lsp--decide (command job &optional more)
  "Run COMMAND with MORE for the edit of JOB, and close its buffer."
  (let ((shown (when stackspot-lsp--edit (current-buffer))))
    (stackspot-lsp--call (stackspot-lsp--connection) command (append (list :jobId job) more))
    (when shown (quit-windows-on shown t))))

(defun stackspot-lsp--ways (job)
  "How the edit of JOB can be applied over what was typed in its lines.
Nil where nothing was."
  (let ((code (or (stackspot-lsp--code-buffer) (current-buffer))))
    (with-current-buffer code
      (when-let* ((connection (ignore-errors (stackspot-lsp--connection)))
                  (place (ignore-errors (stackspot-lsp--place connection (cons (point) (point))))))
        (let* ((params (list :textDocument (list :uri (plist-get (plist-get place :textDocument) :uri))
                             :range (plist-get place :range)
                             :context (list :diagnostics [] :only ["stackspot-lsp.apply"])))
               (actions (ignore-errors (stackspot-lsp--request connection "textDocument/codeAction" params)))
               (given (mapcar (lambda (action)
                                (let ((command (plist-get action :command)))
                                  (elt (append (plist-get (if (stringp command) action command) :arguments) nil) 0)))
                              (append actions nil)))
               (own (seq-filter (lambda (it) (equal (plist-get it :jobId) job)) given)))
          (delq nil (list (when (seq-some (lambda (it) (eq (plist-get it :merge) t)) own) 'merge)
                          (when (seq-some (lambda (it) (eq (plist-get it :replace) t)) own) 'replace))))))))

(provide 'stackspot-lsp-proposal)

;;; stackspot-lsp-proposal.el ends here
