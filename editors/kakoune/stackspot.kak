# StackSpot AI through kak-lsp, beside the servers that kak-lsp has for each language. Source it after `eval %sh{kak-lsp}`.
# Where you set `lsp_servers` yourself, kak-lsp does not trigger this hook: add the table to what you set.

hook -group lsp-stackspot global User LSPDefaultConfig=.+ %{
    set-option -add buffer lsp_servers %{
        [stackspot-lsp]
        root_globs = [".git", ".hg"]
    }
}
