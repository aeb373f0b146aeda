" StackSpot AI through vim-lsp, beside the other servers that you have registered.
if executable('stackspot-lsp')
  autocmd User lsp_setup call lsp#register_server({
        \ 'name': 'stackspot-lsp',
        \ 'cmd': {server_info -> ['stackspot-lsp'] + get(g:, 'stackspot_lsp_args', [])},
        \ 'allowlist': ['*'],
        \ })
endif
