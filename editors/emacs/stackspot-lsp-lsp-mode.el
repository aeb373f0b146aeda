;;; stackspot-lsp-lsp-mode.el --- StackSpot AI through lsp-mode  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Registers the server as an add-on, and takes from lsp-mode what it says.

;;; Code:

(require 'stackspot-lsp-connection)
(require 'stackspot-lsp-conversation)
(require 'stackspot-lsp-mark)
(require 'stackspot-lsp-request)
(require 'stackspot-lsp-settings)

(declare-function lsp-register-client "ext:lsp-mode")
(declare-function lsp-send-execute-command "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")
(declare-function make-lsp-client "ext:lsp-mode")

;;;###autoload
(defun stackspot-lsp-lsp-mode-setup ()
  "Have lsp-mode start StackSpot's server beside the servers of each language."
  (with-eval-after-load 'lsp-mode
    ;; An undo takes what was typed before the edit with it otherwise.
    (add-hook 'lsp-before-apply-edits-hook #'undo-boundary)
    ;; It would ask for the root of each conversation: these are given to the next server when it is asked for.
    (add-hook 'lsp-after-uninitialized-functions #'stackspot-lsp--leave)
    (add-hook 'lsp-after-uninitialized-functions #'stackspot-lsp--lost)
    (let ((handlers (make-hash-table :test 'equal))
          (actions (make-hash-table :test 'equal)))
      (puthash "stackspot-lsp.run" #'stackspot-lsp--lsp-mode-chosen actions)
      (puthash "$/progress"
               (lambda (workspace params)
                 (let ((progress (stackspot-lsp--plist params)))
                   (when (stackspot-lsp--progress (plist-get progress :token) (plist-get progress :value))
                     (funcall (or (bound-and-true-p lsp-progress-function) #'ignore) workspace params))))
               handlers)
      (lsp-register-client
       (make-lsp-client :new-connection (lsp-stdio-connection (lambda () stackspot-lsp-command))
                        :activation-fn (lambda (&rest _) t)
                        :server-id 'stackspot-lsp
                        :add-on? t
                        :multi-root t
                        :action-handlers actions
                        :notification-handlers handlers)))))

(defun stackspot-lsp--lsp-mode-chosen (action)
  "Mark what ACTION of StackSpot's menu is about, and have it run."
  (let* ((action (stackspot-lsp--plist action))
         (params (elt (plist-get action :arguments) 0))
         (token (stackspot-lsp--mark-chosen (stackspot-lsp--connection) params)))
    (lsp-send-execute-command "stackspot-lsp.run" (vector (append params (list :workDoneToken token))))))

(provide 'stackspot-lsp-lsp-mode)

;;; stackspot-lsp-lsp-mode.el ends here
