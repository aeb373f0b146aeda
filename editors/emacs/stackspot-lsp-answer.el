;;; stackspot-lsp-answer.el --- Buffers for the answers of agents  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; The buffer in which an answer grows, its keys, and the line above it.

;;; Code:

(require 'stackspot-lsp-job)
(require 'stackspot-lsp-texts)

(declare-function stackspot-lsp-cancel "stackspot-lsp")
(declare-function stackspot-lsp-follow-up "stackspot-lsp")

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
      (setq stackspot-lsp--last job
            stackspot-lsp--language (stackspot-lsp--job-language job)))
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
                     (stackspot-lsp--text (if (stackspot-lsp--job-live job) 'head-live 'head-ended)))))
      (force-mode-line-update))))

(provide 'stackspot-lsp-answer)

;;; stackspot-lsp-answer.el ends here
