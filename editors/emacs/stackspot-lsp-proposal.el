;;; stackspot-lsp-proposal.el --- Edits of StackSpot AI that wait  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Commands that show, apply and discard an edit that the server keeps.

;;; Code:

(require 'seq)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-texts)

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
  (message "%s" (stackspot-lsp--text 'discarded)))

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
                          (cons (format "%s %s (%s)" (stackspot-lsp--action (plist-get job :action))
                                        (file-name-nondirectory (plist-get job :uri))
                                        (plist-get job :jobId))
                                (plist-get job :jobId)))
                        waiting)))
    (unless names (user-error "%s" (stackspot-lsp--text 'no-edit-waits)))
    (stackspot-lsp--call connection command
                         (list :jobId (if (cdr names)
                                          (cdr (assoc (completing-read (stackspot-lsp--text 'prompt-proposal) names nil t) names))
                                        (cdar names))))))

(provide 'stackspot-lsp-proposal)

;;; stackspot-lsp-proposal.el ends here
