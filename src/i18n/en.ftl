# What the user reads, in English. Every language has exactly these ids, with the same variables; a test compares them.
# Ids begin with the part of the program that uses them. Keep a message in one line.

## Titles in menus

action-explain = Explain with StackSpot AI
action-ask = Ask StackSpot AI about this…
action-refactor = Refactor with StackSpot AI
action-fix = Fix with StackSpot AI
action-fix-without-problems = Fix problems here with StackSpot AI
action-document = Document with StackSpot AI
action-test = Write tests with StackSpot AI
action-review = Review with StackSpot AI
action-edit = Edit with StackSpot AI

menu-cancel-job = Cancel “{ $title }”
menu-cancel-jobs = Cancel { $count } StackSpot AI jobs
menu-apply = Apply “{ $title }” for { $lines }
menu-apply-into = Apply “{ $title }” for { $lines }, into { $file }
menu-apply-merged = Apply “{ $title }” for { $lines }, merged with your changes
menu-apply-in-place = Apply “{ $title }” for { $lines }, in place of your changes
menu-preview = Preview “{ $title }” for { $lines }
menu-discard = Discard “{ $title }” for { $lines }
menu-fix-again = Try again with the new error

## Places

lines-one = line { $line }
lines-several = lines { $first }–{ $last }

## Progress

progress-title = { $title } · { $path }
progress-preparing = preparing the question
progress-asking = waiting for your answer to a question
progress-queued = { $ahead ->
    [0] queued: next in line
    [one] queued: one other job comes first
   *[other] queued: { $ahead } other jobs come first
}
progress-behind = queued: waiting for “{ $title }”, { $lines }
progress-connecting = connecting
progress-uploading = uploading { $name }, { $sent } of { $size } { $unit }
progress-rate-limited = waiting for the account's request limit: { $seconds } s
progress-retrying = trying again in { $seconds } s, attempt { $attempt }: { $reason }
progress-waiting = waiting for the first word
progress-streaming = { $count ->
    [one] { $count } character … { $words }
   *[other] { $count } characters … { $words }
}
progress-silent = { $text } · nothing new for { $seconds } s
progress-applying = applying the edit
progress-answered = answered: { $usage }
progress-applied = applied: { $usage }
progress-proposed = kept as a proposal: { $usage }
progress-unchanged = nothing to change: { $usage }
progress-failed = failed: { $kind }
progress-cancelled = cancelled

usage-first-word = first word after { $seconds } s
usage-total = { $seconds } s in all
usage-tokens = { $input } → { $output } tokens

## What became of a job

report-changed-nothing = “{ $title }” changed nothing. { $reason }
report-done = “{ $title }” is done: { $usage }.
report-ready = “{ $title }” is ready. { $reason } Use the code action “Apply” in the document that you asked about, or “Discard”.
report-proposed = “{ $title }” was not applied. { $reason } The edit is kept: use the code action “Apply” there when the text is as you want it, or “Discard”.
report-still-proposed = “{ $title }” was not applied. { $reason } Apply again, or run the action anew; the edit is kept.
report-still-typed-in = “{ $title }” was not applied. { $reason } Undo that change and apply again, or choose in the code actions there what is to become of it; the edit is kept.
report-unchanged = “{ $title }”: the agent found nothing to change.
log-file-not-opened = The log file { $path } cannot be opened: { $reason }. Until it can, or --log-file names another one, the log goes to stderr alone.
report-answer-kept = What the agent said is kept: run the command stackspot-lsp.showAnswer to read it.

## Answers

answer-heading = { $title }: { $subject }, { $lines }
answer-incomplete = incomplete: the answer broke off here
answer-sources = sources: { $names }
answer-coming-in = the answer is still coming in
answer-whole = The whole answer is in { $path }
answer-not-written = The whole answer could not be written to a file: { $error }

## What may leave the machine

button-cancel = Cancel
guard-button-send = Send
guard-question = Send this to the agent? { $reasons }.
guard-more-reasons = and { $count } more
guard-reason-secret = line { $line } of the prompt holds what looks like { $what }
guard-reason-name = { $file } is { $what } by its name
guard-reason-ignored = { $file } is ignored by git
guard-reason-listed = { $file } is listed in .stackspotignore
guard-failed = Not sent: looking for secrets in it failed by a bug in stackspot-lsp; its log says more.
guard-refused = Not sent, as the setting secrets.guard says: { $reasons }.
guard-not-agreed = Not sent, for nobody agreed to it: { $reasons }. Take that out of the selection and its surroundings, or answer “{ $answer }” next time.
guard-decided = Not sent, as you decided: { $reasons }.
guard-nobody-to-ask = Not sent, for nobody could be asked: { $reasons }. Take that out, run it on a terminal to be asked, or set secrets.guard to "off" in config.toml.

trust-button-use = Use this agent
trust-question = “{ $title }” comes with the workspace { $workspace } (file { $file }) and asks the agent “{ $agent }”, which your settings do not name. The agent gets the code that you run it on. Use it in this workspace?
trust-name-it = Not sent: a prompt file of the workspace names the agent “{ $agent }”, which your settings do not. Name it yourself, with --agent { $agent }.
trust-refused = Not sent, for nobody agreed to ask the agent “{ $agent }” that { $file } names. Answer “{ $answer }” next time, or give the action an agent of yours in the setting "actions.{ $action }.agent".

upload-no-workspace = Not sent: the prompt file { $file } asks for files, and the document lies in no folder of the workspace. Open the folder with the files in it.
upload-outside = Not sent: { $name }, which the prompt file { $file } asks for, leads outside of the workspace. Put the file itself into the workspace.
upload-unreadable = Not sent: { $name }, which the prompt file { $file } asks for, cannot be read ({ $cause }). Correct “files” there, or put the file in its place.
upload-no-match = Not sent: no file of the workspace fits “{ $pattern }”, which the prompt file { $file } asks for. Correct “files” there; what git or .stackspotignore ignores must be named without a pattern.
upload-too-many = Not sent: the prompt file { $file } asks for more than { $most } files. Narrow the patterns in “files” down.
upload-held-back = Not sent: { $name }, which the prompt file asks for, is never uploaded unasked: { $reasons }. Take it out of “files” there, or set secrets.guard to "off".
upload-vanished = Not sent: { $name }, which the prompt file asks for, cannot be read ({ $cause }). Put the file in its place and run the action again.

## Prompt files

prompt-file-broken = The prompt file { $file } has a problem. It is left out. { $problem }.
prompt-file-doubtful = The prompt file { $file } has a problem. It works all the same. { $problem }.
prompt-file-more = { $count ->
    [one] { $count } more problem with prompt files is in the log.
   *[other] { $count } more problems with prompt files are in the log.
}

## Why a job cannot be

job-cancelled = Cancelled.
no-agent = No agent is configured. Set "agent" in the settings or STACKSPOT_AGENT_ID in the environment to the id of a StackSpot AI agent.
nothing-but-blanks = There is nothing but blank space to work on. Select some code and try again.
nothing-there = There is nothing to work on at that place. Select some code and try again.
sandbox-not-started = The sandbox could not be started on a loopback port: { $error }.
draft-failed = Not sent: putting the prompt together failed by a bug in stackspot-lsp; its log says more.

## Why an edit is not in the text

withheld-review = It waits for your review.
withheld-cut-short = The agent was kept from finishing its answer (stop reason: { $reason }).
withheld-repetition = The answer repeats what stands next to the selection, which would be there twice: “{ $line }”.
withheld-prompt = The answer repeats the prompt: it holds { $tag }.
withheld-syntax = It would bring a syntax error into line { $line }: { $description }.
withheld-conflict = What was typed there and the edit change the same lines.
withheld-closed = The document was closed meanwhile, or opened again with another text.
withheld-typed-in = The text was changed inside the range meanwhile.
withheld-out-of-sync = The editor and the server disagree about the text.
withheld-not-shown = The editor was asked to apply it, but the text did not change.
withheld-no-edits = The editor takes no edits from a language server.
withheld-refused = The editor refused the edit.
withheld-refused-because = The editor refused the edit: { $reason }.
withheld-kept-changing = The editor refused the edit because the text kept changing.
withheld-file-refused = The editor refused to change { $path }.
withheld-file-refused-because = The editor refused to change { $path }: { $reason }.
withheld-file-not-shown = The editor was asked to change { $path }, but it does not show.

proposed-new-file = It makes the new file { $path }.
proposed-addition = It adds to { $path }.

home-no-file = The document is in no file, so that there is no place beside it. Save it, or put the answer where it belongs.
home-no-convention = Where tests of { $language } belong is not known here. Put the answer where your project has them.
home-outside = It belongs into { $path }, which is outside of the workspace. Put it there yourself.
home-names-taken = { $path } exists, and so do the names with a number. Rename some of them and run the action again.
home-unreadable = It belongs into { $path }, which cannot be read: { $cause }. Put it there yourself.
home-not-created = The editor cannot create files. Put the answer into { $path } yourself.

no-code-empty = The answer is empty; nothing was applied.
no-code-only-prose = The answer holds no code; nothing was applied.
no-code-several = The answer holds { $count } code blocks; none was applied.
no-code-unclear = The code in the answer cannot be told from the text around it; nothing was applied.
no-code-something-else = The answer holds { $what } instead of the new text; nothing was applied.
no-code-elided = The answer leaves code out (“{ $line }”); nothing was applied.
no-code-out-of-range = The range does not lie in the document any more; nothing was applied.

## Conversations

conversation-menu-send = Send the question to StackSpot AI
conversation-menu-retry = Ask StackSpot AI for the last answer again
conversation-menu-insert = Insert the code block under the cursor at the selection
conversation-menu-new = New conversation about the selection
conversation-title = { $subject }, { $lines }
conversation-you = You
conversation-open-it = Open { $path } and write your question under the last heading; then choose “Send” among the code actions there.
conversation-not-written = The conversation could not be written to a file: { $error }.
conversation-no-question = There is no question yet. Write it under the last heading, and send it then.
conversation-no-answer = There is no answer yet. Write a question under the last heading, and send it.
conversation-busy = The agent is still answering in this document. Cancel that, or wait for its end.
conversation-switched-off = The action "ask" is switched off in the settings.
conversation-no-block = There is no code block of an answer at that place.
conversation-no-selection = The selection is not there any more, or { $name } is not open. Open it and try again.
conversation-agent = agent { $agent }
conversation-incomplete = incomplete: { $reason }
