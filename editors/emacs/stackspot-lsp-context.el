;;; stackspot-lsp-context.el --- What you added to the next question  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; A command that adds this file, the region, problems, changes or another file to
;; the next question, tells what it carries with the sizes, and takes parts off.

;;; Code:

(require 'seq)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-texts)

;;;###autoload
(defun stackspot-lsp-context ()
  "Choose what the next question carries beside its own code.
The prompt tells how much that is; an empty choice leaves it as it is."
  (interactive)
  (let* ((connection (stackspot-lsp--connection))
         (carried (stackspot-lsp--call connection "context" (list :clear :json-false)))
         (entries (append (stackspot-lsp--context-removals carried)
                          (stackspot-lsp--context-additions connection)))
         (choice (completing-read (format "%s: " (stackspot-lsp--context-total carried)) entries nil t))
         (argument (cdr (assoc choice entries))))
    (when (eq argument 'other)
      (setq argument (stackspot-lsp--context-file (read-file-name (stackspot-lsp--text 'prompt-file) nil nil t))))
    (when argument
      (message "%s" (stackspot-lsp--context-list (stackspot-lsp--call connection "context" argument))))))

(defun stackspot-lsp--context-total (carried)
  "How much CARRIED is."
  (if (seq-empty-p (plist-get carried :parts)) (stackspot-lsp--text 'context-none)
    (stackspot-lsp--text 'context-total (length (plist-get carried :parts))
                         (plist-get carried :chars) (plist-get carried :budget))))

(defun stackspot-lsp--context-list (carried)
  "What is CARRIED, part by part."
  (mapconcat #'identity
             (cons (stackspot-lsp--context-total carried)
                   (mapcar #'stackspot-lsp--context-part (append (plist-get carried :parts) nil)))
             "\n"))

(defun stackspot-lsp--context-part (part)
  "PART and its size."
  (if-let* ((problem (plist-get part :problem))) (format "%s (%s)" (plist-get part :name) problem)
    (stackspot-lsp--text 'context-part (plist-get part :name) (plist-get part :chars))))

(defun stackspot-lsp--context-removals (carried)
  "The entries that take off what is CARRIED."
  (let ((entries (mapcar (lambda (part)
                           (cons (stackspot-lsp--text 'context-take-off (stackspot-lsp--context-part part))
                                 (list :remove (plist-get part :id))))
                         (append (plist-get carried :parts) nil))))
    (if (cdr entries)
        (append entries (list (cons (stackspot-lsp--text 'context-clear) (list :clear t))))
      entries)))

(defun stackspot-lsp--context-additions (connection)
  "The entries that add what there is in this buffer, over CONNECTION."
  (let* ((whole (cons (point-min) (point-max)))
         (document (plist-get (stackspot-lsp--place connection (cons (point) (point))) :textDocument))
         (problems (stackspot-lsp--diagnostics connection whole)))
    (delq nil
          (list (when (use-region-p)
                  (cons (stackspot-lsp--text 'context-add-region)
                        (append (list :add "lines")
                                (stackspot-lsp--place connection (cons (region-beginning) (region-end))))))
                (cons (stackspot-lsp--text 'context-add-file (buffer-name)) (list :add "file" :textDocument document))
                (cons (stackspot-lsp--text 'context-add-other) 'other)
                (when problems
                  (cons (stackspot-lsp--text 'context-add-problems (buffer-name))
                        (list :add "problems" :textDocument document :diagnostics (vconcat problems))))
                (cons (stackspot-lsp--text 'context-add-changes) (list :add "changes" :textDocument document))))))

(defun stackspot-lsp--context-file (file)
  "The argument to add FILE by."
  (list :add "file"
        :textDocument (list :uri (stackspot-lsp--uri-of (expand-file-name file)))))

(provide 'stackspot-lsp-context)

;;; stackspot-lsp-context.el ends here
