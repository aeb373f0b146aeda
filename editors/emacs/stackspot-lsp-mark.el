;;; stackspot-lsp-mark.el --- Where agents work  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; While a job runs, the first line of what it is about says so.  A mark goes with
;; the text, and ends with its job, however that ends.

;;; Code:

(require 'cl-lib)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-texts)

(defface stackspot-lsp-job '((t :inherit shadow))
  "Face of the words behind a line at which an agent works."
  :group 'stackspot-lsp)

(defvar stackspot-lsp--marks-by-token (make-hash-table :test 'equal)
  "The marks, pairs of a connection and an overlay, by progress tokens.")

(defvar stackspot-lsp--menu-count 0 "How many jobs the menu started.")

(defun stackspot-lsp--mark (token connection params)
  "Mark in this buffer what the job of TOKEN and PARAMS over CONNECTION is about."
  (when-let* ((start (plist-get (plist-get params :range) :start)))
    (save-excursion
      (save-restriction
        (widen)
        (goto-char (stackspot-lsp--position start))
        (let ((mark (make-overlay (line-beginning-position) (line-end-position) nil nil t))
              (words (stackspot-lsp--text 'works (stackspot-lsp--action (plist-get params :action))))
              (help (substitute-command-keys (stackspot-lsp--text 'works-help))))
          (overlay-put mark 'help-echo help)
          (overlay-put mark 'after-string (propertize words 'face 'stackspot-lsp-job 'help-echo help 'cursor t))
          (when (display-graphic-p)
            (overlay-put mark 'before-string
                         (propertize "." 'display '(left-fringe right-triangle stackspot-lsp-job))))
          (puthash token (cons connection mark) stackspot-lsp--marks-by-token))))))

(defun stackspot-lsp--unmark (token)
  "Take the mark of the job of TOKEN away."
  (when-let* ((entry (gethash token stackspot-lsp--marks-by-token)))
    (delete-overlay (cdr entry))
    (remhash token stackspot-lsp--marks-by-token)))

(defun stackspot-lsp--unmark-lost (server)
  "Take away the mark of each job that ran on SERVER, which has ended."
  (maphash (lambda (token entry)
             (when (eq (cdr (car entry)) server) (stackspot-lsp--unmark token)))
           stackspot-lsp--marks-by-token))

(defun stackspot-lsp--mark-chosen (connection params)
  "Mark what PARAMS, chosen in the menu of code actions, are about.
Return the token by which CONNECTION is to tell of the progress."
  (let ((token (format "stackspot-lsp-el/menu/%d" (cl-incf stackspot-lsp--menu-count))))
    (stackspot-lsp--mark token connection params)
    token))

(provide 'stackspot-lsp-mark)

;;; stackspot-lsp-mark.el ends here
