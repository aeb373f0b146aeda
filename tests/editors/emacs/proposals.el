;;; proposals.el --- Edits that wait for their user  -*- lexical-binding: t; -*-

;; `stories.el' loads it.

;;; Code:

(defun should-fail (function)
  "The error of FUNCTION."
  (condition-case problem (progn (funcall function) (error "It did not fail"))
    (user-error problem)))

(defun type-inside ()
  "Have `total' refactored, and type in it meanwhile."
  (select-total)
  (press "C-c s r")
  (streaming)
  (goto-char (point-min))
  (search-forward "def total(prices):")
  (insert-as-user "  # mine")
  (ended)
  (sure (string-match-p "waits" (car story-said)) "no word of a waiting edit"))

(defvar ediff-buffer-A)
(defvar ediff-buffer-B)
(declare-function ediff-really-quit "ediff-util")

(defun shown-edit ()
  "The buffer in a window that shows an edit."
  (seq-find (lambda (buffer) (string-prefix-p "*StackSpot edit of" (buffer-name buffer)))
            (mapcar #'window-buffer (window-list))))

(defun preview ()
  "Look at the edit that waits; the buffer that shows it is selected then."
  (press "C-c s p")
  (let ((diff (await "the diff" #'shown-edit)))
    (pop-to-buffer diff)
    (sure (string-match-p "^\\+ *# .*sandbox" (text)) (text))))

(story "typing inside: nothing is overwritten; the edit is looked at and discarded"
  (open "project/report.py")
  (type-inside)
  (let ((typed (text)))
    (preview)
    (sure (string-match-p "StackSpot edit of report.py" (buffer-name)) (buffer-name))
    (sure (and buffer-read-only (derived-mode-p 'diff-mode)) "the diff can be typed in")
    (press "q")
    (sure (not (shown-edit)) "it is not closed")
    (preview)
    (press "n")
    (back-to-source)
    (same (text) typed "the text")
    (same (cadr (should-fail (lambda () (press "C-c s y")))) "No edit waits" "Apply after Discard")))

(story "an edit is left waiting, and then put in place of what was typed in its lines, from its buffer"
  (open "project/report.py")
  (let ((before (text)))
    (type-inside)
    (let ((typed (text)))
      (preview)
      (same (cadr (should-fail (lambda () (press "y q")))) "The edit still waits" "leaving the choice")
      (same (with-current-buffer (find-buffer-visiting (expand-file-name "project/report.py" story-home)) (text))
            typed "the text after no choice")
      (press "y r")
      (back-to-source)
      (await "the edit" (lambda () (commented-p before (text))))
      (settled)
      (press "C-/")
      (same (text) typed "the text after one undo"))
    (settled)))

(story "an edit is compared with the code by ediff"
  (open "project/report.py")
  (type-inside)
  (preview)
  (press "e")
  (with-current-buffer (sure (get-buffer "*Ediff Control Panel*") "no ediff")
    (same (buffer-name ediff-buffer-A) "report.py" "the left side")
    (with-current-buffer ediff-buffer-B
      (sure (string-match-p "# .*sandbox" (text)) (text))
      (sure buffer-read-only "the right side can be typed in"))
    (let ((right ediff-buffer-B))
      (ediff-really-quit nil)
      (kill-buffer right)))
  (delete-other-windows)
  (back-to-source)
  (press "C-c s n")
  (settled))

(story "the edit that waits is applied once the typing was undone"
  (open "project/report.py")
  (let ((before (text)))
    (type-inside)
    (press "C-/")
    (same (text) before "the text after the undo")
    (press "C-c s y")
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))
    (settled)))

(defun restart ()
  "Restart the server, as a user does."
  (pcase set-up
    ('lsp-mode
     (let ((old (lsp-find-workspace 'stackspot-lsp buffer-file-name)))
       (lsp-workspace-restart old)
       (await "the next server" (lambda ()
                                  ;; Batch mode tells of the end of a process only where no file that is watched has
                                  ;; changed, and looks at these only where it waits for keys.
                                  (read-event nil nil 0.05)
                                  (and (not (eq (lsp-find-workspace 'stackspot-lsp buffer-file-name) old))
                                       (equal (servers) '("pylsp" "stackspot-lsp")))))))
    (_
     (eglot-shutdown (eglot-current-server) nil 30)
     (press "M-x eglot RET")
     (await "eglot" (lambda () (and (eglot-managed-p) (eglot-current-server)))))))

(defun waits-p ()
  "Whether the server knows of an edit that waits."
  (seq-some (lambda (job) (equal (plist-get job :state) "proposed"))
            (plist-get (stackspot-lsp--call (stackspot-lsp--connection) "status") :jobs)))

(story "an edit that waits is discarded after a restart of the server, and another one is applied"
  (open "project/report.py")
  (let ((before (text)))
    (type-inside)
    (press "C-/")
    (restart)
    (await "the edit of before" #'waits-p)
    (press "C-c s n")
    (same (text) before "the text after it was discarded")
    (sure (not (waits-p)) "it waits still")
    (type-inside)
    (press "C-/")
    (restart)
    (await "the edit of before" #'waits-p)
    (press "C-c s y")
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))
    (settled)))

;;; proposals.el ends here
