;;; stackspot-lsp-settings.el --- What the user can set of StackSpot AI  -*- lexical-binding: t; -*-

;; Author: The stackspot-lsp contributors
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; The customizable variables of the package; the settings of the server are the server's.

;;; Code:

(defgroup stackspot-lsp nil
  "StackSpot AI agents."
  :group 'tools
  :prefix "stackspot-lsp-")

(defcustom stackspot-lsp-command '("stackspot-lsp")
  "Program and arguments that start the server.
With the argument \"--sandbox\" it answers by itself, without an account."
  :type '(repeat string))

(defcustom stackspot-lsp-rass-command '("rass" "--log-level" "warn")
  "Program and arguments that start rass.
Eglot runs one server in a buffer; rass makes several look like one.  It is
the Python package rassumfrassum."
  :type '(repeat string))

(defcustom stackspot-lsp-agent nil
  "Agent that the commands ask, by its id or its name in the settings.
Nil means the one that the server's settings name."
  :type '(choice (const :tag "As the settings say" nil) string))

(provide 'stackspot-lsp-settings)

;;; stackspot-lsp-settings.el ends here
