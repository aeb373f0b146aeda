" StackSpot AI through vim-lsp, beside the other servers that you have registered. Source it from your vimrc.
"
"   let g:stackspot_lsp_args = ['--sandbox']
"   let g:stackspot_lsp_settings = {'language': 'pt-BR'}

" How far a job is; vim-lsp offers it where this is set.
let g:lsp_work_done_progress_enabled = get(g:, 'lsp_work_done_progress_enabled', 1)

function! s:register() abort
  call lsp#register_server({
        \ 'name': 'stackspot-lsp',
        \ 'cmd': {server_info -> ['stackspot-lsp'] + get(g:, 'stackspot_lsp_args', [])},
        \ 'root_uri': {server_info -> lsp#utils#path_to_uri(
        \   lsp#utils#find_nearest_parent_file_directory(lsp#utils#get_buffer_path(), ['.git/', '.hg/']))},
        \ 'allowlist': ['*'],
        \ 'workspace_config': {'stackspot-lsp': get(g:, 'stackspot_lsp_settings', {})},
        \ })
  call lsp#callbag#pipe(lsp#stream(), lsp#callbag#subscribe({'next': function('s:on_event')}))
endfunction

function! s:on_event(event) abort
  if get(a:event, 'server', '') !=# 'stackspot-lsp'
    return
  endif
  let l:method = get(get(a:event, 'response', {}), 'method', '')
  if l:method ==# 'window/showMessage'
    call s:on_message(a:event['response']['params'])
  elseif l:method ==# '$/progress'
    call s:on_progress(a:event['response']['params'])
  elseif get(get(a:event, 'request', {}), 'method', '') ==# 'workspace/applyEdit'
    call s:on_edit(a:event['request'])
  endif
endfunction

" Edits. vim-lsp tells servers of changes a second late, and in insert mode not at all, but makes an edit at once, wherever
" its lines are by then. So what was typed is told while a job runs, and an edit that does not know of it is refused: the
" server sends one that does.

let s:jobs = {}

function! s:on_edit(request) abort
  let l:stale = 0
  for l:uri in keys(get(a:request['params']['edit'], 'changes', {}))
    let l:buffer = bufnr('^' . fnameescape(lsp#utils#uri_to_path(l:uri)) . '$')
    " Without a job it is an edit that waited, and its command has told of all.
    if l:buffer > 0 && !empty(s:jobs) && getbufvar(l:buffer, 'stackspot_told', -1) != getbufvar(l:buffer, 'changedtick')
      let l:stale = 1
      call s:flush(l:buffer)
    elseif l:buffer > 0
      " The edit itself is told of as soon as it is made, which is after this.
      call timer_start(0, {-> s:flush(l:buffer)})
    endif
  endfor
  if l:stale
    " vim-lsp knows no request of this name, and leaves the reply to others.
    let a:request['method'] = 'stackspot-lsp/stale'
    call lsp#send_request('stackspot-lsp', {'id': a:request['id'], 'result': {'applied': v:false}})
  endif
endfunction

" vim-lsp tells of a buffer's changes before a request about it.
function! s:flush(buffer) abort
  if bufloaded(a:buffer)
    call setbufvar(a:buffer, 'stackspot_told', getbufvar(a:buffer, 'changedtick'))
    call lsp#send_request('stackspot-lsp', {
          \ 'method': 'workspace/executeCommand', 'params': {'command': 'stackspot-lsp.status'}, 'bufnr': a:buffer})
  endif
endfunction

function! s:on_change() abort
  if !empty(s:jobs)
    call timer_stop(get(s:, 'timer', -1))
    let l:buffer = bufnr()
    let s:timer = timer_start(100, {-> s:flush(l:buffer)})
  endif
endfunction

function! s:on_progress(params) abort
  let l:value = a:params['value']
  let l:kind = get(l:value, 'kind', '')
  if l:kind ==# 'begin'
    if empty(s:jobs)
      call map(filter(getbufinfo({'bufloaded': 1}), {_, it -> it['listed']}), {_, it -> s:flush(it['bufnr'])})
    endif
    let s:jobs[a:params['token']] = 1
  elseif l:kind ==# 'end' && has_key(s:jobs, a:params['token'])
    call remove(s:jobs, a:params['token'])
  endif
  " Nothing is drawn over what is being typed into the command line.
  if has_key(l:value, 'message') && mode() !~# '^[cr]'
    redraw
    echo 'StackSpot:' strcharpart(l:value['message'], 0, &columns - 30)
  endif
endfunction

" Messages. vim-lsp itself shows warnings and errors, and all the rest where the user wants the rest of every server. The
" command line has one line: answers go to a buffer.

function! s:on_message(params) abort
  let l:message = a:params['message']
  let l:conversation = s:conversation_in(l:message)
  if a:params['type'] < 3
    return
  elseif l:message =~# "\n"
    call s:keep(split(l:message, "\n", 1))
    call s:show()
  elseif !empty(l:conversation)
    " Nothing in it is a setting of Vim's.
    let l:modeline = &modeline
    set nomodeline
    call s:split('split ' . fnameescape(l:conversation))
    let &modeline = l:modeline
    call cursor(line('$'), 1)
  elseif index(['info', 'log'], g:lsp_show_message_log_level) < 0
    echomsg l:message
  endif
endfunction

" A message may quote anybody: what it names is opened only where the server keeps its conversations.
function! s:conversation_in(message) abort
  let l:state = empty($XDG_STATE_HOME) ? $HOME . '/.local/state' : $XDG_STATE_HOME
  let l:folder = l:state . '/stackspot-lsp/conversations/'
  let l:at = strridx(a:message, l:folder)
  let l:path = l:at < 0 ? '' : l:folder . matchstr(strpart(a:message, l:at + len(l:folder)), '^[^/]\{-}\.md')
  return l:path =~# '\.md$' && getftype(l:path) ==# 'file' ? l:path : ''
endfunction

function! s:keep(lines) abort
  let l:buffer = bufadd('StackSpot')
  call bufload(l:buffer)
  for [l:option, l:value] in items({'buftype': 'nofile', 'bufhidden': 'hide', 'swapfile': 0, 'filetype': 'markdown'})
    call setbufvar(l:buffer, '&' . l:option, l:value)
  endfor
  call setbufline(l:buffer, 1, a:lines)
  silent call deletebufline(l:buffer, len(a:lines) + 1, '$')
endfunction

" Beside the code, in which the cursor stays.
function! s:show() abort
  if bufwinid('StackSpot') < 0
    let l:here = win_getid()
    call s:split('vertical sbuffer StackSpot')
    if win_getid() != l:here
      setlocal wrap linebreak
    endif
    call win_gotoid(l:here)
  endif
endfunction

function! s:split(command) abort
  try
    execute 'belowright' a:command
  catch /^Vim\%((\a\+)\)\=:E\%(11\|523\|565\):/
    " The command-line window is open, or text must not change just now.
    echomsg 'StackSpot: :StackSpotAnswer'
  endtry
endfunction

command! StackSpotAnswer call s:show()

if executable('stackspot-lsp')
  augroup stackspot_lsp
    autocmd!
    autocmd User lsp_setup call s:register()
    autocmd TextChanged,TextChangedI,TextChangedP * call s:on_change()
  augroup END
endif
