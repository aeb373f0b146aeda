" What vim-lsp.vim does with messages, in a Vim without vim-lsp: no message opens anything but a conversation of the server's.
"
"   vim -Nu NONE -es -S messages.vim        with $SCRIPT, the file; $XDG_STATE_HOME and the current folder, both empty; $RESULTS

let s:failures = []
let g:lsp_show_message_log_level = 'error'
set modeline modelines=5
try
  source $SCRIPT
  let s:number = filter(getscriptinfo(), {_, it -> it['name'] =~# 'vim-lsp\.vim$'})[0]['sid']
  let s:on_message = function('<SNR>' . s:number . '_on_message')

  let s:own = $XDG_STATE_HOME . '/stackspot-lsp/conversations/'
  let s:here = getcwd() . '/stackspot-lsp/conversations/'
  let s:trap = ['# trap', '', 'vim: set tabstop=37:']
  for s:folder in [s:own, s:here, getcwd() . '/|call writefile([], ''ran'')|/stackspot-lsp/conversations/']
    call mkdir(s:folder, 'p')
    call writefile(s:trap, s:folder . 'x.md')
  endfor

  function! s:opened(message) abort
    %bwipeout!
    call s:on_message({'type': 3, 'message': a:message})
    return expand('%:p')
  endfunction

  for s:message in [
        \ s:here . 'x.md', 'See ' . s:here . 'x.md',
        \ '/proc/self/cwd/|call writefile([], ''ran'')|/stackspot-lsp/conversations/x.md',
        \ s:own . '../conversations/x.md', s:own . 'none.md', s:own . '|call writefile([], "ran")|.md',
        \ '/stackspot-lsp/conversations/x.md']
    if s:opened(s:message) !=# '' || filereadable('ran')
      call add(s:failures, 'opened ' . expand('%:p') . ' for ' . s:message)
    endif
  endfor

  if s:opened('It is open: ' . s:own . 'x.md.') !=# s:own . 'x.md'
    call add(s:failures, 'the conversation is not open: ' . expand('%:p'))
  elseif &l:tabstop == 37
    call add(s:failures, 'a line of it is a setting')
  elseif !&modeline
    call add(s:failures, 'the user''s modelines are switched off')
  endif

  call s:opened("an answer\nvim: set tabstop=37:\n")
  if getbufvar('StackSpot', '&tabstop') == 37
    call add(s:failures, 'a line of an answer is a setting')
  endif
catch
  call add(s:failures, v:exception . ' at ' . v:throwpoint)
endtry
call writefile(s:failures, $RESULTS)
qall!
