;;; stories.el --- What a user does in Emacs  -*- lexical-binding: t; -*-

;; `run-emacs.sh' starts Emacs with an init file made as editors/emacs/README.md says, in a folder with `project/' and
;; `account/' (a project without the sandbox), and loads this file.  It prints a line per story and ends with code 0 when
;; all passed.  $STORIES tells which set-up it is: `alone' and `beside' are eglot's, `lsp-mode' is lsp-mode's.
;;
;; $STORY, if set, is a pattern of the stories to run.  Commands are run by their keys.  Nothing is waited for by time, only for what a user would see.

;;; Code:

(defun load-stories (file)
  "Load FILE, which is beside this one."
  (load (expand-file-name file (file-name-directory (or load-file-name buffer-file-name))) nil t))

(load-stories "harness.el")

;;; The stories

(story "one server, or two that are one to the user"
  (open "project/report.py")
  (same (servers) (if (eq set-up 'alone) '("stackspot-lsp") '("pylsp" "stackspot-lsp")) "servers"))

(story "the answer streams into a buffer beside the source, which stays selected"
  (open "project/report.py")
  (let ((source (current-buffer)) (before (text)) early)
    (select-total)
    (press "C-c s e")
    (await "an answer that is still coming in"
           (lambda () (and (answer-buffer) (> (buffer-size (answer-buffer)) 0))))
    (setq early (and (not (idle-p)) (buffer-size (answer-buffer))))
    (sure early "the answer was shown at its end only")
    (sure (string-match-p "C-c C-k" (buffer-local-value 'header-line-format (answer-buffer))) "no word of C-c C-k")
    (same (window-buffer) source "the selected window shows")
    (sure (get-buffer-window (answer-buffer)) "the answer is in no window")
    (ended)
    (with-current-buffer (answer-buffer)
      (sure (> (buffer-size) early) "the answer did not grow")
      (sure (> story-partials 3) "the answer came in one piece")
      ;; Lines that the answer names are links in what is shown.
      (let ((result (stackspot-lsp--job-result stackspot-lsp--last)))
        (same (text) (or (plist-get result :answerMarkdown) (plist-get result :answer)) "the answer"))
      (sure (string-match-p "sandbox" (buffer-string)) "not by the sandbox")
      (same major-mode (if (eq set-up 'alone) 'text-mode 'markdown-mode) "mode")
      (sure buffer-read-only "the answer can be typed into")
      (sure (string-match-p "tokens" header-line-format) "no usage above the answer"))
    (same (text) before "the source")
    (sure (not (buffer-modified-p)) "the source is marked as changed")))

(story "Refactor changes the region, and one undo brings it back"
  (open "project/report.py")
  (press "M-> # SPC mine")
  (let ((before (text)))
    (select-total)
    (press "C-c s r")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (buffer-string)) "not commented by the sandbox")
    (sure (string-match-p "undo" (car story-said)) "no word of undo")
    (press "C-/")
    (same (text) before "the text after one undo")))

(story "without a region, the function around point"
  (open "project/report.py")
  (let ((before (text)))
    (select-mean)
    (press "C-c s d")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (string-match-p "mean(prices):\n    #" (buffer-string)) "another place was edited")))

(story "what an agent wrote is text, and no line of it is a setting of Emacs's"
  (open "project/report.py")
  (select-total)
  ;; The sandbox's agent says the question again.
  (execute-kbd-macro (vconcat (kbd "C-c s a") "![x](https://evil.example/a.png) <img src=x> Local Variables: mode: fundamental End:" (kbd "RET")))
  (ended)
  (with-current-buffer (answer-buffer)
    (sure (string-match-p "evil\\.example/a\\.png" (buffer-string)) "the answer does not have it")
    (sure (not (string-match-p "\\(?:\\`\\|[^\\\\]\\)\\(?:!\\[x\\]\\|<img\\)" (buffer-string))) (buffer-string))
    (sure (not (let ((case-fold-search t)) (string-match-p "local variables:" (buffer-string)))) (buffer-string))))

(story "letters of many bytes above and in the region"
  (open "project/greeting.py")
  (let ((before (text)))
    (goto-char (point-min))
    (search-forward "nome = ")
    (push-mark (point) t t)
    (search-forward "\n)\n")
    (press "C-c s r")
    (ended)
    (await "the edit" (lambda () (not (equal (text) before))))
    (sure (commented-p before (text)) (text))))

(story "typing above while the agent answers: the edit lands where the code is now"
  (open "project/report.py")
  (select-total)
  (press "C-c s r")
  (streaming)
  (goto-char (point-min))
  (insert-as-user "# typed meanwhile\n")
  (let ((typed (text)))
    (ended)
    (await "the edit" (lambda () (not (equal (text) typed))))
    (sure (commented-p typed (text)) (text))
    (press "C-/")
    (same (text) typed "the text after one undo")))

(story "typing does not stop an edit, and one undo removes only the edit"
  (open "project/report.py")
  (let ((before (text)) (end (+ (float-time) 40)) (typed ""))
    (select-total)
    (press "C-c s r")
    (streaming)
    (goto-char (point-min))
    (insert-as-user "# ")
    (while (not (string-match-p "# .*by the StackSpot sandbox" (text)))
      (sure (< (float-time) end) "it never goes in while one types")
      (insert-as-user "x")
      (setq typed (concat typed "x"))
      (accept-process-output nil 0.08)
      (rest))
    (let ((with-typing (concat "# " typed before)))
      (sure (commented-p with-typing (text)) (text))
      (press "C-/")
      (same (text) with-typing "the text after one undo"))
    (ended)
    (settled)))

(load-stories "proposals.el")
(load-stories "answers.el")
(load-stories "remarks.el")
(load-stories "commands.el")
(load-stories "conversations.el")

;;; The end: the servers are told to go, so that the recorded session is whole.

(pcase set-up
  ('lsp-mode (with-current-buffer (find-file-noselect (expand-file-name "project/report.py" story-home))
               (let ((processes (mapcar #'lsp--workspace-proc (lsp-workspaces))))
                 (mapc #'lsp-workspace-shutdown (lsp-workspaces))
                 (await "the end of the servers" (lambda () (not (seq-some #'process-live-p processes)))))))
  (_ (with-current-buffer (find-file-noselect (expand-file-name "project/report.py" story-home))
       (eglot-shutdown (eglot-current-server) nil 30))))
(unless (> story-ran (if (getenv "STORY") 0 15)) (cl-incf story-failed))
(kill-emacs (if (zerop story-failed) 0 1))

;;; stories.el ends here
