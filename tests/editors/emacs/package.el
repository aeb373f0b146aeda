;;; package.el --- The package of editors/emacs as archives want it  -*- lexical-binding: t; -*-

;; `run-emacs.sh' loads this file in a folder with a copy of the package; $EMACS starts Emacs.  It says what is wrong;
;; nothing said: nothing wrong.
;; The files are compiled, read by checkdoc and package-lint, and their texts held against each other.

;;; Code:

(require 'checkdoc)
(require 'package-lint)
(require 'seq)

(setq native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil byte-compile-error-on-warn t)
(add-to-list 'load-path default-directory)

(defvar files (directory-files default-directory nil "\\`stackspot-lsp.*\\.el\\'"))

(defun wrong (format &rest arguments) (princ (concat (apply #'format format arguments) "\n")))

(defun source (file) (with-temp-buffer (insert-file-contents file) (buffer-string)))

;; The package archives look at the first file, in which the others are required.
(setq package-lint-main-file "stackspot-lsp.el")
(dolist (file files)
  (unless (byte-compile-file file) (wrong "%s does not compile" file))
  (checkdoc-file file)
  (with-current-buffer (find-file-noselect file)
    (dolist (it (package-lint-buffer))
      ;; Neither eglot nor lsp-mode is loaded before the user wants it; the project has no address.
      (unless (string-match-p "with-eval-after-load\\|Homepage or URL header" (nth 3 it))
        (wrong "%s:%d: %s" file (car it) (nth 3 it))))))

;; Each text in both languages, with the same arguments in the same order.
(require 'stackspot-lsp)
(defun arguments-of (text)
  (let ((start 0) (found nil))
    (while (string-match "%[-0-9.]*[a-z]" text start)
      (push (match-string 0 text) found)
      (setq start (match-end 0)))
    (nreverse found)))
(defvar code (mapconcat #'source (remove "stackspot-lsp-texts.el" files) "\n"))
(unless (> (length stackspot-lsp--texts) 30) (wrong "no texts"))
(dolist (entry stackspot-lsp--texts)
  (pcase entry
    (`(,key ,(and english (pred stringp) (guard (not (string-empty-p english))))
            ,(and portuguese (pred stringp) (guard (not (string-empty-p portuguese)))))
     (unless (equal (arguments-of english) (arguments-of portuguese)) (wrong "%s: other arguments" key))
     (unless (or (string-prefix-p "action-" (symbol-name key))
                 (string-match-p (format "'%s\\_>" (regexp-quote (symbol-name key))) code))
       (wrong "%s is said nowhere" key)))
    (_ (wrong "not in both languages: %S" entry))))
(let ((start 0) (count 0))
  (while (string-match "stackspot-lsp--text\\(?:-of job\\)?[ \n]+'\\([a-z-]+\\)" code start)
    (setq start (match-end 0))
    (cl-incf count)
    (unless (assq (intern (match-string 1 code)) stackspot-lsp--texts)
      (wrong "there is no text %s" (match-string 1 code))))
  (unless (> count 20) (wrong "the code says only %d texts" count)))
;; What is said past the texts is in one language.
(let ((start 0))
  (while (string-match "(\\(?:message\\|user-error\\|read-string\\|completing-read\\|display-warning '[a-z-]+\\)[ \n]+\"\\([^\"]*\\)\"" code start)
    (setq start (match-end 0))
    (unless (equal (match-string 1 code) "%s") (wrong "not of the texts: %s" (match-string 0 code)))))

;; Installed as a user does, from the folder: the commands are there without a `require'.
(require 'package)
(setq package-user-dir (expand-file-name "elpa") package-archives nil)
(let ((inhibit-message t) (byte-compile-error-on-warn nil))
  (package-initialize)
  (package-install-file (expand-file-name "installed-from")))
(dolist (command '(stackspot-lsp-explain stackspot-lsp-apply stackspot-lsp-eglot stackspot-lsp-eglot-setup
                   stackspot-lsp-lsp-mode-setup stackspot-lsp-map))
  (with-temp-buffer
    (unless (zerop (call-process (getenv "EMACS") nil t nil "-Q" "--batch" "--eval"
                                 (format "%S" `(progn (setq package-user-dir ,package-user-dir package-archives nil)
                                                      (package-initialize)
                                                      (unless (fboundp ',command) (error "%s is not there" ',command))
                                                      (when (autoloadp (symbol-function ',command))
                                                        (autoload-do-load (symbol-function ',command) ',command))))))
      (wrong "installed: %s" (buffer-string)))))

;;; package.el ends here
