;;; stackspot-lsp-job.el --- Questions to an agent  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; What is kept of each question: `stackspot-lsp--job', and the jobs that run.

;;; Code:

(require 'cl-lib)

(cl-defstruct (stackspot-lsp--job (:copier nil))
  "One question to an agent, from its start to its end."
  token connection params title
  source    ; the buffer that it is about
  answer    ; the buffer that shows what the agent says; nil before it says anything
  streams   ; whether its text is shown as it comes
  language  ; the one in which the user is told of it
  (live t) result)

(defvar stackspot-lsp--jobs (make-hash-table :test 'equal)
  "The jobs that run, by the token of their partial results.")

(defvar stackspot-lsp--count 0 "How many jobs there were.")

(defvar-local stackspot-lsp--last nil
  "The latest job about this buffer, or the one that it shows.")

(provide 'stackspot-lsp-job)

;;; stackspot-lsp-job.el ends here
