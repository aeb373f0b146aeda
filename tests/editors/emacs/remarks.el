;;; remarks.el --- Remarks at their lines, and what other servers report  -*- lexical-binding: t; -*-

;; `stories.el' loads it.

;;; Code:

(unless (eq set-up 'alone)
  (story "Fix takes what the other server reports"
    (open "project/broken.py")
    (goto-char (point-min))
    (search-forward "totl")
    (flymake-start) ; a window that redisplays does it
    (await "a diagnostic of pylsp" (lambda () (stackspot-lsp--diagnostics (stackspot-lsp--connection) (cons (point) (point)))))
    (press "C-c s f")
    (ended)
    (let ((diagnostics (plist-get (stackspot-lsp--job-params stackspot-lsp--last) :diagnostics)))
      (sure (string-match-p "totl" (plist-get (aref diagnostics 0) :message)) "no diagnostic was sent"))))

(defun remarked ()
  "The lines with a remark, in their order."
  (flymake-start) ; a window that redisplays does it
  (sort (mapcar (lambda (it) (line-number-at-pos (flymake-diagnostic-beg it)))
                (seq-filter (lambda (it) (string-match-p "This open end" (flymake-diagnostic-text it))) (flymake-diagnostics)))
        #'<))

(defun remarks-at (&rest lines)
  (await (format "remarks at %S" lines) (lambda () (equal (remarked) lines))))

(defun remark-menu (line title)
  "Choose the code action whose title starts so on LINE."
  (goto-char (point-min))
  (forward-line (1- line))
  (back-to-indentation)
  (menu title))

;; In lsp-mode the edit that a code action asks for is not answered while these stories choose it by keys.
(unless (eq set-up 'lsp-mode)
  (story "remarks stand at their lines and follow what is typed; one is applied and undone, another dismissed"
    (open "project/orders.py")
    (press "C-x h C-c s v")
    (ended)
    (deactivate-mark)
    (remarks-at 5 10)
    (press "M-< C-o")
    (insert-as-user "# typed above")
    (remarks-at 6 11)
    (let ((typed (text)))
      (sure (string-prefix-p "# typed above\n" typed) typed)
      (remark-menu 6 "Apply: This open end")
      (await "the suggestion" (lambda () (not (equal (text) typed))))
      (same (text) (string-replace "TODO: leave" "TODO(team): leave" typed) "the text with the suggestion")
      (remarks-at 11)
      (press "C-/")
      (same (text) typed "the text after one undo")
      (remarks-at 6 11)
      (remark-menu 11 "Dismiss [")
      (remarks-at 6))))

(story "a command in a notebook is about no other file, and says so"
  (open "project/report.py")
  (let ((source (current-buffer)) (before (text)))
    (switch-to-buffer (find-file-noselect (expand-file-name "project/prices.ipynb" story-home)))
    (goto-char (point-min))
    (search-forward "total")
    (sure (string-match-p "No StackSpot server in this buffer" (cadr (should-fail (lambda () (press "C-c s r"))))) "why not")
    (same (with-current-buffer source (text)) before "the source")
    (kill-buffer)))

(story "where the buffer is read-only nobody is asked for an edit, and answers are there"
  (open "project/report.py")
  (read-only-mode 1)
  (select-mean)
  (sure (string-match-p "read-only" (cadr (should-fail (lambda () (press "C-c s r"))))) "why not")
  (press "C-c s e")
  (ended)
  (sure (answer-buffer) "no answer")
  (read-only-mode -1))

;;; remarks.el ends here
