# StackSpot AI through kak-lsp, beside each language's own servers. To be sourced after `kak-lsp`'s own commands.

hook -group lsp-stackspot global BufSetOption filetype=(?!man$)(?!plain$).+ %{
    # After kak-lsp has set the servers of the language.
    set-option -add buffer lsp_servers %{
        [stackspot-lsp]
        command = "stackspot-lsp"
        root_globs = [".git", ".hg"]
    }
}
