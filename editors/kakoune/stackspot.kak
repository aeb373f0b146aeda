# StackSpot AI through kak-lsp, beside the servers that kak-lsp has for each language. Source it after `eval %sh{kak-lsp}`.
# Where you set `lsp_servers` yourself, kak-lsp does not trigger this hook: add the table to what you set.

hook -group lsp-stackspot global User LSPDefaultConfig=.+ %{
    # One server that is not installed would keep all of the buffer's from starting, so those are taken out.
    set-option buffer lsp_servers %sh{
        printf '%s\n' "$kak_opt_lsp_servers" | awk '
            function flush() {
                if (table != "" && system("command -v \"" command "\" >/dev/null 2>&1") == 0) printf "%s", table
                table = ""
            }
            /^[ \t]*\[/ { top = 0 }
            /^[ \t]*\[[^].[]+\][ \t]*$/ { flush(); top = 1; command = $0; gsub(/[][" \t]/, "", command) }
            top && /^[ \t]*command[ \t]*=/ { command = $0; sub(/^[^=]*=[ \t]*"/, "", command); sub(/".*$/, "", command) }
            { table = table $0 "\n" }
            END { flush() }
        '
    }
    set-option -add buffer lsp_servers %{
        [stackspot-lsp]
        root_globs = [".git", ".hg"]
    }
}

# What StackSpot says. kak-lsp puts a message into the status line, which has one line: answers go to the buffer `*stackspot*`,
# a conversation is opened, and what is too long for the status line goes to a box.

declare-option -hidden str stackspot_mode normal
hook -group lsp-stackspot global ModeChange '(?:push|pop):.*:([^:]+)' %{
    set-option window stackspot_mode %val{hook_param_capture_1}
}

# stackspot-when-normal COMMANDS: at once, unless something is being typed here; then as soon as that is over.
define-command -hidden stackspot-when-normal -params 1 %{
    evaluate-commands %sh{
        if [ "$kak_opt_stackspot_mode" = normal ]; then
            echo 'evaluate-commands %arg{1}'
        else
            echo 'hook -once -group lsp-stackspot window ModeChange pop:.*:normal %arg{1}'
        fi
    }
}

define-command stackspot-answer -docstring 'stackspot-answer: show the latest answer of StackSpot AI' %{
    evaluate-commands -try-client %opt{docsclient} %{ buffer *stackspot* }
}

define-command -hidden stackspot-keep-answer -params 1 %{
    evaluate-commands -draft -save-regs '"' %{
        set-register dquote %arg{1}
        edit -scratch *stackspot*
        execute-keys '%R'
        # Whose answer it is stands on a line of its own, so that a heading behind it is one.
        try %{ execute-keys '%s\A[^\n]*?StackSpot AI[^\n:]*:\K (?=#)<ret>c<ret><ret><esc>gg' }
        set-option buffer filetype markdown
        try %{ add-highlighter buffer/stackspot wrap -word }
    }
}

# The conversation to open. No word of a message ever becomes part of a command.
declare-option -hidden str stackspot_conversation

define-command -hidden stackspot-tell -params 1 %{
    # A message may quote anybody: what it names is opened only where the server keeps its conversations.
    set-option global stackspot_conversation %sh{
        folder=${XDG_STATE_HOME:-$HOME/.local/state}/stackspot-lsp/conversations
        case "$1" in (*"$folder"/*.md*) ;; (*) exit ;; esac
        name=${1##*"$folder"/}
        name=${name%%.md*}.md
        case "$name" in (*/*) exit ;; esac
        if [ -f "$folder/$name" ] && [ ! -L "$folder/$name" ]; then printf %s "$folder/$name"; fi
    }
    evaluate-commands %sh{
        if [ "$(printf %s "$1" | wc -l)" -gt 0 ]; then
            echo 'stackspot-keep-answer %arg{1}'
            if [ -n "$kak_opt_docsclient" ]; then echo stackspot-answer; else echo 'stackspot-when-normal stackspot-answer'; fi
        elif [ -n "$kak_opt_stackspot_conversation" ]; then
            echo 'stackspot-when-normal %{ edit -existing %opt{stackspot_conversation}; execute-keys ge }'
        elif [ "${#1}" -lt $((${kak_window_width:-80} / 2)) ]; then
            echo 'echo -- %arg{1}'
        else
            echo 'info -title StackSpot -- %arg{1}'
        fi
    }
}

define-command -override -hidden lsp-show-message-info -params 2 %{
    echo -debug "LSP: info from server %arg{1}: %arg{2}"
    evaluate-commands %sh{
        if [ "$1" = stackspot-lsp ]; then echo 'stackspot-tell %arg{2}'; else echo 'echo "LSP: info from server %arg{1}: %arg{2}"'; fi
    }
}

define-command -override -hidden lsp-show-message-warning -params 2 %{
    echo -debug "LSP: warning from server %arg{1}: %arg{2}"
    evaluate-commands %sh{
        if [ "$1" = stackspot-lsp ]; then echo 'stackspot-tell %arg{2}'; else echo 'echo "LSP: warning from server %arg{1}: %arg{2}"'; fi
    }
}

# The progress of StackSpot's jobs with its text; that of other servers as kak-lsp shows it, by an hourglass.
define-command -override -hidden lsp-handle-progress -params 6 %{
    set-option global lsp_modeline_progress %sh{
        if "$6"; then exit; fi
        case "$1" in
        (stackspot-lsp/*) printf '%s ' "${4:-$2}" ;;
        (*) echo "$kak_opt_lsp_progress_indicator" ;;
        esac
    }
}
