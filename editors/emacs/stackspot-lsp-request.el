;;; stackspot-lsp-request.el --- The life of a question to an agent  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; A job is started, its text shown as it comes, and its end told.

;;; Code:

(require 'cl-lib)
(require 'seq)
(require 'subr-x)
(require 'stackspot-lsp-answer)
(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-job)
(require 'stackspot-lsp-mark)
(require 'stackspot-lsp-settings)
(require 'stackspot-lsp-texts)

(defun stackspot-lsp--result (connection action)
  "The result of ACTION over CONNECTION; nil if there is no such action."
  (plist-get (car (append (stackspot-lsp--call connection "actions" (list :action action)) nil)) :result))

(defun stackspot-lsp--start (action &rest more)
  "Ask for ACTION on the region, or on what is around point.
MORE are further members of the parameters."
  (let* ((connection (stackspot-lsp--connection))
         (result (stackspot-lsp--result connection action))
         (is-read (member result '("answer" "remarks")))
         (region (if (use-region-p) (cons (region-beginning) (region-end))
                   (cons (point) (point))))
         (params (append (list :action action)
                         (stackspot-lsp--place connection region)
                         (when-let* ((diagnostics (stackspot-lsp--diagnostics connection region)))
                           (list :diagnostics (vconcat diagnostics)))
                         (when stackspot-lsp-agent (list :agent stackspot-lsp-agent))
                         more)))
    (when (and buffer-read-only (member result '("replace" "insert")))
      (user-error "%s" (stackspot-lsp--text 'read-only)))
    (unless is-read
      ;; Undo would be about the region alone otherwise.
      (deactivate-mark))
    (stackspot-lsp--send (make-stackspot-lsp--job
                          :connection connection :params params :source (current-buffer)
                          :title (format "%s %s" (stackspot-lsp--action action) (buffer-name))
                          :language (stackspot-lsp--language)
                          :streams is-read))))

(defun stackspot-lsp--send (job)
  "Send JOB to its server."
  (let ((token (format "stackspot-lsp-el/%d" (cl-incf stackspot-lsp--count))))
    (setf (stackspot-lsp--job-token job) token)
    (puthash token job stackspot-lsp--jobs)
    (when (buffer-live-p (stackspot-lsp--job-source job))
      (with-current-buffer (stackspot-lsp--job-source job)
        (setq stackspot-lsp--last job)
        (stackspot-lsp--mark (stackspot-lsp--progress-token job)
                             (stackspot-lsp--job-connection job) (stackspot-lsp--job-params job))))
    (stackspot-lsp--run (stackspot-lsp--job-connection job)
                        (append (stackspot-lsp--job-params job)
                                ;; What shows Markdown may fetch its pictures.
                                (list :answerMarkdown t
                                      :partialResultToken token
                                      :workDoneToken (stackspot-lsp--progress-token job)))
                        (lambda (result) (stackspot-lsp--ended job result nil))
                        (lambda (error) (stackspot-lsp--ended job nil error)))))

(defun stackspot-lsp--progress-token (job)
  "The token of the progress of JOB."
  (concat (stackspot-lsp--job-token job) "/progress"))

(defun stackspot-lsp--lost (server)
  "End what ran on SERVER, of eglot or a workspace of lsp-mode, which has ended."
  (stackspot-lsp--unmark-lost server)
  (dolist (job (hash-table-values stackspot-lsp--jobs))
    (when (eq (cdr (stackspot-lsp--job-connection job)) server)
      (stackspot-lsp--ended job nil (list :code -32099 :message (stackspot-lsp--text-of job 'server-ended))))))

(defun stackspot-lsp--progress (token value)
  "Take VALUE, a plist, of the progress of TOKEN or of a job's text.
Nil if it is for nobody but us."
  (when (equal (plist-get value :kind) "end") (stackspot-lsp--unmark token))
  (not (stackspot-lsp--partial token value)))

(defun stackspot-lsp--partial (token value)
  "Take VALUE, a plist, for the job of TOKEN; nil if it is of no job here."
  (when-let* ((job (gethash token stackspot-lsp--jobs)))
    (cond ((plist-get value :delta)
           (when (stackspot-lsp--job-streams job)
             (stackspot-lsp--show job (or (plist-get value :markdown)
                                          (plist-get value :delta)))))
          ((plist-get value :result) (stackspot-lsp--ended job (plist-get value :result) nil))
          ((plist-get value :error) (stackspot-lsp--ended job nil (plist-get value :error))))
    job))

(defun stackspot-lsp--ended (job result error)
  "Note that JOB has come to RESULT, or to ERROR."
  (when (stackspot-lsp--job-live job)
    (setf (stackspot-lsp--job-live job) nil
          (stackspot-lsp--job-result job) result)
    (remhash (stackspot-lsp--job-token job) stackspot-lsp--jobs)
    (stackspot-lsp--unmark (stackspot-lsp--progress-token job))
    (let* ((outcome (plist-get result :outcome))
           (reason (plist-get result :reason))
           (text (if error (or (plist-get (plist-get error :data) :partialMarkdown)
                               (plist-get (plist-get error :data) :partial))
                   (or (plist-get result :answerMarkdown) (plist-get result :answer))))
           (title (stackspot-lsp--job-title job))
           (said (cond ((equal (plist-get error :code) -32800) (stackspot-lsp--text-of job 'cancelled))
                       (error (plist-get error :message))
                       ((equal outcome "applied") (stackspot-lsp--text-of job 'done))
                       ((equal outcome "proposed")
                        (substitute-command-keys (stackspot-lsp--text-of job 'waits-keys (or reason ""))))
                       ((equal outcome "unchanged") (stackspot-lsp--text-of job 'unchanged))
                       (reason)
                       (t (stackspot-lsp--text-of job 'answered)))))
      ;; A reply from which no edit could be made is an answer.
      (when (and (equal outcome "answered") (not (string-empty-p (or text "")))
                 (not (stackspot-lsp--job-answer job)))
        (stackspot-lsp--show job text))
      (stackspot-lsp--head job (concat (or (plist-get (plist-get error :data) :brief) said)
                                       (and error text (stackspot-lsp--text-of job 'incomplete))
                                       (stackspot-lsp--usage job (plist-get result :usage))))
      (if error (stackspot-lsp--say-error job said (plist-get (plist-get error :data) :brief))
        (let ((whole (stackspot-lsp--text-of job 'says title said)))
          (message "%s" (stackspot-lsp--in-one-line whole whole)))))))

(defun stackspot-lsp--say-error (job whole brief)
  "Echo an error of JOB in one line, by its BRIEF form, and log the WHOLE."
  (let ((title (stackspot-lsp--job-title job))
        (action (stackspot-lsp--action (plist-get (stackspot-lsp--job-params job) :action)))
        (line (stackspot-lsp--in-one-line whole brief)))
    (message "%s" (or (seq-find (lambda (said) (<= (length said) stackspot-lsp--line))
                                (list (stackspot-lsp--text-of job 'says title line)
                                      (stackspot-lsp--text-of job 'says action line)))
                      line))))

(defun stackspot-lsp--usage (job usage)
  "The words for USAGE, that of JOB."
  (if-let* ((first (plist-get usage :firstTokenMs)))
      (let ((seconds (stackspot-lsp--text-of job 'decimal (/ first 1000) (/ (% first 1000) 100)))
            (in (plist-get usage :inputTokens))
            (out (plist-get usage :outputTokens)))
        (if (and in out) (stackspot-lsp--text-of job 'usage seconds in out)
          (stackspot-lsp--text-of job 'first-word seconds)))
    ""))

(defun stackspot-lsp--text-of (job key &rest arguments)
  "The text of KEY with ARGUMENTS, in the language of JOB."
  (let ((stackspot-lsp--language (stackspot-lsp--job-language job)))
    (apply #'stackspot-lsp--text key arguments)))

(provide 'stackspot-lsp-request)

;;; stackspot-lsp-request.el ends here
