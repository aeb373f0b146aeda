# What the user reads, in English. Every language has exactly these ids, with the same variables; a test compares them.
# Ids begin with the part of the program that uses them. Keep a message in one line.

## Titles in menus

action-explain = Explain with StackSpot AI
    .brief = Explain
action-ask = Ask StackSpot AI about this…
    .brief = Ask
action-refactor = Refactor with StackSpot AI
    .brief = Refactor
action-fix = Fix with StackSpot AI
    .brief = Fix
action-fix-without-problems = Fix problems here with StackSpot AI
    .brief = Fix
action-document = Document with StackSpot AI
    .brief = Document
action-test = Write tests with StackSpot AI
    .brief = Write tests
action-review = Review with StackSpot AI
    .brief = Review
action-edit = Edit with StackSpot AI
    .brief = Edit

menu-cancel-job = Cancel “{ $title }”
menu-cancel-jobs = Cancel { $count } StackSpot AI jobs
menu-apply = Apply “{ $title }” for { $lines }
menu-apply-into = Apply “{ $title }” for { $lines }, into { $file }
menu-apply-merged = Apply “{ $title }” for { $lines }, merged with your changes
menu-apply-in-place = Apply “{ $title }” for { $lines }, in place of your changes
menu-apply-part = Apply this change of “{ $title }”, line { $line }
menu-discard-part = Discard this change of “{ $title }”, line { $line }
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
progress-signing-in = signing in
progress-looking-up = looking up the agent
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
progress-failed = { $kind ->
    [credentials] failed: the account was not accepted
    [forbidden] failed: the agent is not available
    [rateLimited] failed: too many requests
    [quota] failed: the quota is used up
    [promptTooLarge] failed: the question is too long
    [network] failed: no connection
    [timeout] failed: no answer in time
    [truncated] failed: the answer broke off
    [server] failed: the service has a problem
    [protocol] failed: the answer could not be read
    [refused] not sent
    [outOfSync] failed: editor and server have different texts
   *[other] failed
}
progress-cancelled = cancelled

usage-first-word = first word after { $seconds } s
usage-total = { $seconds } s in all
usage-tokens = { $input } → { $output } tokens

## What became of a job

report-changed-nothing = “{ $title }” changed nothing. { $reason }
    .brief = { $title } changed nothing: { $reason }
report-failed = { $what } (“{ $title }”, { $subject })
    .brief = { $title }: { $what }
report-done = “{ $title }” is done: { $usage }.
    .brief = { $title }: done, { $usage }
report-not-whole = “{ $title }”: the answer is not whole. { $reason }
    .brief = { $title }: not whole. { $reason }
report-ready = “{ $title }” is ready. { $reason } Use the code action “Apply” in the document that you asked about, or “Discard”.
    .brief = { $title } waits: “Apply” or “Discard” by code action. { $reason }
report-applied-lacking = “{ $title }” was applied. { $reason }
    .brief = { $title }: applied. { $reason }
report-proposed = “{ $title }” was not applied. { $reason } The edit is kept: use the code action “Apply” there when the text is as you want it, or “Discard”.
report-proposed-briefly = The edit waits: “Apply” or “Discard” it by code action. { $reason } (“{ $title }”)
    .brief = { $title } waits: “Apply” or “Discard” by code action. { $reason }
report-still-proposed = “{ $title }” was not applied. { $reason } Apply again, or run the action again; the edit is kept.
    .brief = { $title }: apply again, or run it anew. { $reason }
report-still-typed-in = “{ $title }” was not applied. { $reason } Undo that change and apply again, or choose in the code actions there: merge, replace or discard it. The edit is kept.
    .brief = { $title }: merge, replace or discard it by code action. { $reason }
report-unchanged = “{ $title }”: the agent found nothing to change.
    .brief = { $title }: nothing to change.
report-unchanged-because = “{ $title }”: the agent changed nothing. { $reason }
    .brief = { $title } changed nothing. { $reason }
log-file-not-opened = The log file { $path } cannot be opened: { $reason }. Until it can, or --log-file names another one, the log goes to stderr alone.
    .brief = Check --log-file: it cannot be opened, and the log goes to stderr.
report-answer-kept = The text of the agent is kept: run the command stackspot-lsp.showAnswer to read it.
    .brief = What was said is kept.

## Answers

answer-heading = { $title }: { $subject }, { $lines }
answer-incomplete = incomplete: the answer broke off here
answer-sources = sources: { $names }
answer-coming-in = the answer is still coming in
answer-whole = The whole answer is in { $path }
answer-not-written = The whole answer could not be written to a file: { $error }
answer-incomplete-because = incomplete: { $reason }
answer-ask-again = Choose “Ask again” among the code actions here, or run the command stackspot-lsp.retry.
answer-conversation = conversation { $id }
answer-sources-title = Sources of knowledge
answer-empty = “{ $title }”: the agent answered with nothing
    .brief = { $title }: the agent answered with nothing.
answer-lost = A part of the answer could not be read and is missing.
answer-with-an-error = The service sent an error together with the answer: { $error }.
answer-without-text = The agent ended without any text.
answer-without-text-because = The agent ended without any text (stop reason: { $reason }).
answer-menu-ask-again = Ask again
answer-menu-continue = Continue in a conversation
hover-open = [The whole answer]({ $uri })
hover-command = The whole answer: run the command stackspot-lsp.showAnswer.

## What may leave the machine

button-cancel = Cancel
guard-button-send = Send
guard-question = { $reasons }. Send it to the agent?
guard-question-agent = { $reasons }. Send it to the agent “{ $agent }”?
guard-holds = it contains what looks like { $kinds }
guard-counted = { $what } (line { $line } of the prompt)
guard-counted-in = { $what } (line { $line } of { $file })
guard-reason-secret = line { $line } of the prompt contains what looks like { $what }
guard-reason-secret-in = line { $line } of { $file } contains what looks like { $what }
guard-reason-name = { $file } is { $what } by its name
guard-reason-unreadable = { $file } is neither text nor a known kind of document, so the guard could not check it
guard-reason-ignored = { $file } is ignored by git
guard-reason-listed = { $file } is listed in .stackspotignore
guard-failed = Not sent: looking for secrets in it failed by a bug in stackspot-lsp; its log says more.
    .brief = Not sent: a bug in stackspot-lsp; its log says more.
guard-refused = Not sent, as the setting secrets.guard says: { $reasons }.
    .brief = Not sent (secrets.guard): { $reasons }.
guard-not-agreed = Not sent, because you did not agree: { $reasons }. Remove it from the selection and its surroundings, or answer “{ $answer }” next time.
    .brief = Not sent: { $reasons }. Take that out, or answer “{ $answer }” next time.
guard-decided = Not sent, as you decided: { $reasons }.
guard-nobody-to-ask = Not sent, because stackspot-lsp could not ask you: { $reasons }. Remove that text, run the command on a terminal, or set secrets.guard to "off" in config.toml.
    .brief = Not sent: { $reasons }. Take that out.

trust-button-use = Use this agent
trust-question = “{ $title }” comes with the workspace { $workspace } (file { $file }) and asks the agent “{ $agent }”, which your settings do not name. The agent gets the code that you run it on. Use it in this workspace?
trust-question-settings = The settings of the editor for { $workspace } choose the agent “{ $agent }”, which neither your config.toml, the environment nor your account names. The agent gets the code that you ask about. Use it in this workspace?
trust-said-settings = The settings of the editor for { $workspace } choose the agent “{ $agent }” of your account, which your config.toml does not name. It gets the code that you ask about.
    .brief = These editor settings choose an agent of your account.
trust-question-fields = The settings of the editor for { $workspace } add fields that your config.toml does not have to what the agent “{ $agent }” is asked: { $fields }. Use it so in this workspace?
trust-refused-settings = Not sent, because you did not agree to ask the agent “{ $agent }” as the settings of the editor say. Answer “{ $answer }” next time, or name it in your config.toml.
    .brief = Not sent: answer “{ $answer }” next time, or name it in config.toml.
trust-name-it = Not sent: a prompt file of the workspace names the agent “{ $agent }”, which your settings do not. Name it yourself, with --agent { $agent }.
trust-refused = Not sent, because you did not agree to ask the agent “{ $agent }” that { $file } names. Answer “{ $answer }” next time, or give the action an agent of yours in the setting "actions.{ $action }.agent".
    .brief = Not sent: answer “{ $answer }” next time, or set an agent of yours.

upload-no-workspace = Not sent: the prompt file { $file } asks for files, and the document lies in no folder of the workspace. Open the folder with the files in it.
    .brief = Not sent: open the folder with the files that it asks for.
upload-outside = Not sent: { $name }, which the prompt file { $file } asks for, leads outside of the workspace. Put the file itself into the workspace.
    .brief = Not sent: put { $name } into the workspace.
upload-of-git = Not sent: { $name }, which the prompt file { $file } asks for, is git's own, and may contain logins. Remove it from “files” there.
    .brief = Not sent: take { $name } out of “files”, it is git's own.
upload-unreadable = Not sent: { $name }, which the prompt file { $file } asks for, cannot be read ({ $cause }). Correct “files” there, or put the file in its place.
    .brief = Not sent: correct “files”, { $name } cannot be read.
upload-no-match = Not sent: no file of the workspace fits “{ $pattern }”, which the prompt file { $file } asks for. Correct “files” there; what git or .stackspotignore ignores must be named without a pattern.
    .brief = Not sent: correct “files”, nothing fits “{ $pattern }”.
upload-too-many = Not sent: the prompt file { $file } asks for more than { $most } files. Narrow the patterns in “files” down.
    .brief = Not sent: narrow “files” down, it means more than { $most }.
upload-held-back = Not sent: { $name }, which the prompt file asks for, is not uploaded without a question: { $reasons }. Remove it from “files” there, or set secrets.guard to "off".
    .brief = Not sent: take { $name } out of “files”. { $reasons }.
upload-vanished = Not sent: { $name }, which the prompt file asks for, cannot be read ({ $cause }). Put the file in its place and run the action again.
    .brief = Not sent: put { $name } in its place, and run it again.
uploads-button = Upload
uploads-question = “{ $title }” comes with the workspace { $workspace } (file { $file }) and has { $count ->
    [one] a file
   *[other] { $count } files
} uploaded for the agent “{ $agent }” to read: { $files }. Upload them now, and whenever it runs?
uploads-file = { $name } ({ $size } { $unit })
uploads-file-unreadable = { $name } ({ $size } { $unit }, neither text nor a known kind of document: the guard could not check it for secrets)
uploads-list = { $file } has these uploaded: { $files }
uploads-not-agreed = Not sent, because you did not agree: { $files }. Answer “{ $answer }” next time, or remove them from “files” there.
    .brief = Not sent: answer “{ $answer }” next time. { $files }.
uploads-nobody-to-ask = Not sent, because stackspot-lsp could not ask you: { $files }. Run the command on a terminal, or add --allow-uploads.

## Prompt files

prompt-file-broken = The prompt file { $file } has a problem. It is left out. { $problem }.
    .brief = Correct the prompt file { $file }: { $problem }.
prompt-file-doubtful = The prompt file { $file } has a problem. It works all the same. { $problem }.
    .brief = Look at the prompt file { $file }: { $problem }.
prompt-file-late = Reading the prompt files took long. Their actions are in the menu now.
prompt-file-more = { $count ->
    [one] { $count } more prompt file has a problem: { $files }. Line and reason are in the log.
   *[other] { $count } more prompt files have problems: { $files }. Lines and reasons are in the log.
}

## Why a job cannot be

job-bug = The job was ended by an error in stackspot-lsp itself; its log says where. The received text is kept. Please report it.
    .brief = An error in stackspot-lsp ended it: please report it with the log.
task-bug = Something could not be finished because of an error in stackspot-lsp itself; its log says where. Please report it.
    .brief = An error in stackspot-lsp stopped something: please report it with the log.
audit-not-written = Lines are missing in the audit file { $path }: it cannot be written ({ $error }). Jobs continue without them. Correct `audit` in config.toml, or the file
    .brief = Correct `audit` in config.toml: the file cannot be written.
answer-too-long = The answer is too long (more than { $megabytes } MB), and the connection was closed. The received text is kept. Ask for less at once.
    .brief = Ask for less at once: the answer was too long, and is kept.
job-cancelled = Cancelled.
no-agent = No agent is configured. If you have not signed in, run stackspot-lsp login. Then set "agent" in the settings, or STACKSPOT_AGENT_ID, to an agent's id: stackspot-lsp agents lists them.
    .brief = Run stackspot-lsp login, then set “agent”: stackspot-lsp agents lists them.
too-many-jobs = Not sent: { $count } jobs wait already. Cancel those that are not needed, or wait until some have ended, then try again.
    .brief = Not sent: cancel some of the { $count } jobs that wait.
nothing-but-blanks = There is nothing but blank space to work on. Select some code and try again.
    .brief = Select some code: there is nothing but blank space.
nothing-there = There is nothing to work on at that place. Select some code and try again.
    .brief = Select some code: there is nothing at that place.
sandbox-not-started = The sandbox could not be started on a loopback port: { $error }.
draft-failed = Not sent: putting the prompt together failed by a bug in stackspot-lsp; its log says more.
    .brief = Not sent: a bug in stackspot-lsp; its log says more.

## Why an edit is not in the text

withheld-review = It waits for your review.
needs-imports = The new code needs imports that have no certain place in this file: { $imports }. Add them yourself.
withheld-cut-short = The agent could not finish its answer (stop reason: { $reason }).
withheld-repetition = The answer repeats a line next to the selection; the text would contain it twice: “{ $line }”.
withheld-beside-changed = It would also change the other text on the selected lines: “{ $text }”.
withheld-deletion = It would delete all of the selected lines.
withheld-one-word = It would leave nothing but “{ $word }” of the selected lines.
withheld-syntax = It would bring a syntax error into line { $line }: { $description }.
withheld-repetition-cut = The answer repeated a line next to the selection; that line was left out: “{ $line }”.
withheld-enclosing-cut = The answer repeated the code around the selection; that code was left out: “{ $line }”.
withheld-rest-of-line-cut = The answer repeated the rest of the line; that was left out: “{ $line }”.
withheld-enclosing = The answer contains the code around the selection; the text would contain it twice: “{ $line }”.
withheld-head = The answer contains a line that belongs at the head of the file: “{ $line }”.
withheld-lead-twice = There is one above the selection already: “{ $line }”.
withheld-only-comments = It would leave only comments of the selected code: “{ $line }”.
withheld-documentation-alone = The answer is the documentation alone; it was put to the code.
withheld-lost = It would remove “{ $name }”.
withheld-lost-attribute = It would remove the attribute “{ $name }”.
withheld-code-changed = It would change more than the documentation: “{ $line }”.
withheld-left-out = The answer leaves code out (“{ $line }”); this would be gone: “{ $gone }”.
withheld-cut-off = The answer ends before the selection ends; it would delete this line and the following lines: “{ $line }”.
withheld-fragment = The answer is one line for { $count }; this would be gone: “{ $gone }”.
withheld-unbalanced = Its brackets do not close as before: `{ $bracket }`.
withheld-blocks = Its blocks do not end as before.
withheld-hidden = It would bring in a character that cannot be seen: { $code }.
withheld-look-alike = It would bring in a name with letters that look like others: “{ $name }”.
withheld-instruction = It would leave a comment that is an instruction for an agent: “{ $line }”.
withheld-not-checked = It could not be checked for syntax errors: the text is too large or too unusual.
withheld-conflict = What was typed there and the edit change the same lines.
withheld-part-gone = This change does not wait any more, or the text was changed in its range meanwhile.
withheld-closed = The document was closed meanwhile, or opened again with another text.
withheld-typed-in = You typed in it meanwhile.
withheld-out-of-sync = The editor and the server disagree about the text.
withheld-not-shown = It could not be put in while you typed; “Apply” does it now.
withheld-made-differently = The editor made the edit and changed it at once; the lines are not the agent's. Keep them as they are, or apply the edit in their place.
withheld-made-elsewhere = The text moved on, and the editor made the edit at other lines than asked. Undo it there before you apply it.
withheld-no-file = The editor's text has no file that an edit could go into.
withheld-no-edits = The editor takes no edits from a language server.
withheld-refused = The editor refused the edit.
withheld-refused-because = The editor refused the edit: { $reason }.
withheld-kept-changing = The editor did not take the edit, because the text kept changing.
withheld-file-refused = The editor refused to change { $path }.
withheld-file-refused-because = The editor refused to change { $path }: { $reason }.
withheld-file-not-shown = The editor was asked to change { $path }, but it does not show.

proposed-new-file = It makes the new file { $path }.
proposed-addition = It adds to { $path }.

home-no-file = The document has no file, so the server cannot choose a file next to it. Save the document, or copy the answer yourself.
home-no-convention = The server does not know where tests of { $language } belong. Put the answer where your project has them.
home-outside = It belongs into { $path }, which is outside of the workspace. Put it there yourself.
home-all-there = The file has all of it already: { $names }.
home-names-taken = { $path } exists, and so do the names with a number. Rename some of them and run the action again.
home-unreadable = It belongs into { $path }, which cannot be read: { $cause }. Put it there yourself.
home-not-created = The editor cannot create files. Put the answer into { $path } yourself.

syntax-missing = { $what } is missing
syntax-misfit = the new code does not fit in
syntax-unreadable = the code cannot be read
syntax-unreadable-code = `{ $code }` cannot be read
python-unexpected-indent = the line is indented further than the one before allows
python-no-such-level = the line is indented like none before it
python-no-block = a block is missing
python-tabs-mixed = tabs and spaces are mixed
python-await = `await` is outside of an `async` function
python-twice-parameter = the parameter `{ $name }` is there twice
python-default-before = the parameter `{ $name }` has no default and follows one that has
python-print = `print` is a statement of Python 2
python-outside = `{ $word }` is outside of what it belongs to
python-positional = an argument without a name follows one with a name

guess-unclosed = The answer ends before its text does, so that something may be missing.
guess-thoughts = It is not certain where the agent's thoughts end and its answer begins.
guess-one-of-several = Of { $count } pieces of code in the answer, number { $number } looks like your code.
guess-loosely-found = The answer is a patch that fits only if white space or some of its context is passed over.
guess-patch-of-text = The answer reads as a patch, and its marks could be meant as text.
guess-from-json = The answer is JSON; the new text was taken out of it.
guess-from-tags = The answer is inside tags that were not requested; the new text was taken out of them.
guess-numbered = The lines of the answer had numbers, which were taken off.
guess-entities = The answer had entities of HTML, such as “&gt;”, which were decoded.
guess-quoted = The answer was a quotation, whose marks were taken off.
guess-unlike = The answer has almost nothing of the text that it would replace.
guess-talk = The answer had talk inside of the marks of the new text; it was left out.
guess-fences = The answer had fences of Markdown inside the code; they were left out.
agent-said = { $words }
no-code-empty = The answer is empty; nothing was applied.
no-code-only-prose = The answer contains no code; nothing was applied.
no-code-several = The answer contains { $count } code blocks; none was applied.
no-code-unclear = The server cannot distinguish the code in the answer from the text around it; nothing was applied.
no-code-patch = The answer contains a patch instead of the new text; nothing was applied.
no-code-commands = The answer contains commands for a shell instead of the new text; nothing was applied.
no-code-only-thoughts = The answer contains only thoughts; nothing was applied.
no-code-data = The answer is data instead of the new text; nothing was applied.
no-code-mark = The answer contains a mark that is not text (“{ $line }”); nothing was applied.
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
    .brief = Write a question under the last heading, then send it.
conversation-no-answer = There is no answer yet. Write a question under the last heading, and send it.
    .brief = Write a question under the last heading, then send it.
conversation-busy = The agent is still answering in this document. Cancel that, or wait for its end.
    .brief = Cancel the answer that is coming, or wait for its end.
conversation-switched-off = The action "ask" is switched off in the settings.
conversation-no-block = There is no code block of an answer at that place.
conversation-no-selection = The selection is not there any more, or { $name } is not open. Open it and try again.
    .brief = Open { $name }: the selection is not there.
conversation-agent = agent { $agent }
conversation-incomplete = incomplete: { $reason }

## What went wrong with the service

api-said = { $remedy } The service said: { $details }.
api-it-said = { $problem }. It said: { $details }
api-details = { $problem }: { $details }
api-forbidden = Agent "{ $agent }" is unknown or not shared with this credential (HTTP { $status })
api-forbidden-remedy = Check the agent id, and that the account of STACKSPOT_REALM may use the agent.
    .brief = Check the agent id: it is unknown, or not shared with you.
api-rate-limited-for = The account's request rate is exhausted for another { $wait }
api-rate-limited-for-remedy = Run it again after that, or lower limits.requestsPerMinute.
    .brief = Run it again then, or lower limits.requestsPerMinute.
api-rate-limited = The account's request rate is exhausted
api-rate-limited-remedy = Wait a minute and run it again, or lower limits.requestsPerMinute.
    .brief = Wait a minute, or lower limits.requestsPerMinute.
api-sign-in-limited = The service takes no more sign-ins for now (HTTP 429)
api-sign-in-limited-remedy = Wait some minutes and run it again; other programs may be signing in with the same credential too often.
    .brief = Wait some minutes and run it again.
api-quota = The account's quota is used up
api-quota-remedy = Ask its administrator for credits, or use another account.
api-too-large = The prompt is too large: { $tokens } tokens, and the agent takes { $limit }
api-too-large-for = The prompt is too large: the agent takes { $limit } tokens
api-too-large-by = The prompt is too large: { $tokens } tokens
api-too-large-somehow = The prompt is too large
api-too-large-remedy = Select less text, or lower context.maxChars.
api-truncated = The answer broke off before its end
api-cause-no-name = its name could not be resolved
api-cause-refused = it was refused
api-cause-silent = nothing came any more
api-cause-unreachable = there is no way to it from this network
api-cause-closed = the connection was closed
api-cause-other = the log says more
api-truncated-because = The answer broke off before its end ({ $cause })
api-truncated-remedy = The received text is kept; run it again for a complete answer.
    .brief = Run it again: the answer broke off, and is kept.
api-no-reply = { $host } answered HTTP { $status } and said nothing
api-no-reply-remedy = Run it again; if it happens again, check the endpoint (STACKSPOT_INFERENCE_URL) and what is in between.
    .brief = Run it again; if it goes on, check STACKSPOT_INFERENCE_URL.
api-server = { $host } answered { $reply }
api-server-error = { $host } answered with an error
api-server-error-code = { $host } answered with an error ({ $code })
api-server-not-there-remedy = Check the agent id and the endpoint (STACKSPOT_INFERENCE_URL).
    .brief = Check the agent id and STACKSPOT_INFERENCE_URL.
api-server-refused-remedy = The request was refused in this form; check the agent's settings and extraBody.
    .brief = Check the agent's settings and extraBody: it was refused.
api-conversation-gone-remedy = The conversation is no longer known to the service: start a new one.
    .brief = Start a new conversation: this one is not known any more.
api-blocked = Something in between blocked the request to { $host } (HTTP { $status }, a web page: { $title })
api-blocked-remedy = A firewall or a proxy refused the request, probably because the code looks like an attack, such as SQL or scripts. Select less or other text, or ask its administrator to let the address pass.
    .brief = Select less or other text: a firewall or proxy refused it.
api-network-sign-in = The network wants you to sign in before it lets you through to { $host } (HTTP 511)
api-network-sign-in-remedy = Open any page in a browser, sign in there, and run it again.
    .brief = Sign in to the network in a browser, and run it again.
api-server-remedy = Run it again in a moment; if it happens again, see the service's status page.
    .brief = Run it again in a moment: the service has a problem.
api-upload-rejected = { $host } does not take the file ({ $reply })
api-file-rejected = { $host } did not store the file ({ $reply })
api-list-rejected = { $host } gave no list of agents ({ $reply })
api-upload-forbidden-remedy = Check that the account of STACKSPOT_REALM may upload files.
api-upload-not-there-remedy = Check the endpoint (STACKSPOT_DATA_URL).
api-upload-refused-remedy = Check the file's name and kind.
api-store-refused-remedy = Check the clock of this machine and the file's size, and upload it again.
    .brief = Check this machine's clock, and upload it again.
api-agents-forbidden-remedy = Check that the account of STACKSPOT_REALM may see agents. You can still set the agent by its id.
    .brief = Set the agent by its id: this account may not list them.
api-agents-refused-remedy = Check the endpoint (STACKSPOT_AGENTS_URL). You can still set the agent by its id.
    .brief = Check STACKSPOT_AGENTS_URL, or set the agent by its id.
api-timeout-connect = { $host } could not be connected to within { $limit }
api-timeout-connect-remedy = Check the network, VPN and proxy, or raise timeouts.connectMs.
    .brief = Check network, VPN and proxy: there is no connection.
api-timeout-first-text = { $host } sent no text within { $limit }
api-timeout-first-text-remedy = Run it again, or raise timeouts.firstTokenMs for slow agents.
    .brief = Run it again, or raise timeouts.firstTokenMs.
api-timeout-idle = { $host } stopped sending text for { $limit } in the middle of its answer
api-timeout-idle-remedy = The received text is kept; run it again, or raise timeouts.idleMs for agents that pause for long.
    .brief = Run it again, or raise timeouts.idleMs; what came is kept.
api-timeout-token = { $host } issued no token within { $limit }
api-timeout-token-remedy = Check the network and STACKSPOT_IDM_URL, then run it again.
api-timeout-plain-reply = { $host } gave no whole reply within { $limit }
api-timeout-plain-reply-remedy = Set streaming to true: a gateway cuts replies that are not streamed at about 120 s, and does not cut streamed ones.
    .brief = Set streaming to true: a gateway cuts long replies.
api-timeout-reply = { $host } sent no reply within { $limit }
api-timeout-reply-remedy = Check the network and run it again.
api-timeout-upload = { $host } took nothing more of the file for { $limit }
api-timeout-upload-remedy = Check the network and upload it again, or raise timeouts.idleMs.
    .brief = Check the network, and upload it again.
api-token-refused = { $host } refused the token (HTTP 401)
api-token-refused-remedy = Sign in again (stackspot-lsp login), or check that the credential belongs to the realm (STACKSPOT_REALM) and has not been revoked.
    .brief = Sign in again (stackspot-lsp login): the token was refused.
api-sign-in-not-so = { $host } refused this kind of sign-in ({ $code })
api-sign-in-not-so-remedy = The client id and the secret are not the problem: ask the administrator of the account whether this credential may sign in by client_credentials for StackSpot AI, and check STACKSPOT_IDM_URL.
    .brief = Ask the account's administrator for client_credentials.
api-ready-token-refused = The service refused the token of STACKSPOT_TOKEN (HTTP 401); it has expired or was revoked
api-ready-token-refused-remedy = Set a new one, or use STACKSPOT_REALM, STACKSPOT_CLIENT_ID and STACKSPOT_CLIENT_SECRET, from which tokens are renewed by themselves.
    .brief = Set a new STACKSPOT_TOKEN: it expired or was revoked.
api-proxy-password = The proxy in front of { $host } wants a user name and password (HTTP 407)
api-proxy-wants-password = The proxy { $proxy } on the way to { $host } wants a user name and password
api-proxy-password-remedy = Put them into HTTPS_PROXY or `proxy` of the user file, such as http://user:password@proxy.example:3128.
    .brief = Put the proxy's user and password into HTTPS_PROXY.
api-proxy-password-refused = The proxy { $proxy } on the way to { $host } refused the user name and password of { $setting }
api-proxy-password-refused-remedy = Correct them there, with %25 for a percent sign; some proxies lock an account after a few attempts.
    .brief = Correct the proxy's user and password.
api-proxy-other-scheme = The proxy { $proxy } for { $host } requires authentication by { $schemes }, which stackspot-lsp does not support
api-proxy-other-scheme-remedy = A password in HTTPS_PROXY would not help. Run a small proxy of your own that signs in for you, such as px or cntlm, and set HTTPS_PROXY to its address.
    .brief = Run a small proxy that signs in for you, such as px or cntlm.
api-tunnel-refused = The proxy { $proxy } does not forward to { $host }: it answered { $answer }
api-tunnel-refused-remedy = Ask the administrator of the proxy to allow { $host }. If the host can be reached without the proxy, add it to NO_PROXY.
    .brief = Ask the proxy's administrator to let the service pass.
api-tunnel-broken-remedy = The proxy itself works and does not reach { $host }. Run it again; if it happens again, check the endpoint's host, or ask the administrator of the proxy.
    .brief = Run it again; if it goes on, ask the proxy's administrator.
api-proxy-unreached = The proxy { $proxy } on the way to { $host } could not be used ({ $cause })
api-proxy-unusable = The proxy on the way to { $host } could not be used ({ $cause })
api-proxy-unusable-remedy = Check HTTPS_PROXY, NO_PROXY and `proxy` of the user file.
    .brief = Check HTTPS_PROXY, NO_PROXY and `proxy` of config.toml.
api-untrusted = The TLS certificate of { $host } is not trusted ({ $cause })
api-untrusted-remedy = If your company inspects TLS, put its root certificate into a PEM file and set STACKSPOT_CA_BUNDLE to it.
    .brief = Set STACKSPOT_CA_BUNDLE to your company's certificate.
api-expired = The TLS certificate of { $host } has expired
api-expired-on = The TLS certificate of { $host } expired on { $date }
api-expired-remedy = Check the clock of this machine first, which says { $now }. If that is right, the administrator of the server, or of the proxy that inspects TLS, has to renew the certificate.
    .brief = Check this machine's clock: the certificate has expired.
api-not-yet-valid = The TLS certificate of { $host } is not valid yet
api-not-yet-valid-before = The TLS certificate of { $host } is not valid before { $date }
api-not-yet-valid-remedy = The clock of this machine says { $now }, and is most likely slow: correct it.
    .brief = Correct this machine's clock: it says { $now }.
api-other-host = { $host } showed the TLS certificate of another host
api-other-host-named = { $host } showed the TLS certificate of another host ({ $names })
api-other-host-remedy = Somebody else answers in its place, such as the sign-in page of a network: open a page in a browser and sign in. Otherwise check the endpoint's host and the proxy.
    .brief = Sign in to the network in a browser, or check the endpoint.
api-names-nobody = The TLS certificate of { $host } names no host (it has no subject alternative name)
api-names-nobody-remedy = Its issuer has to issue it again, with the host as a subject alternative name: the common name does not count any more.
    .brief = The server needs a certificate that names its host.
api-bad-signature = The TLS certificate of { $host } is not trusted: its signature is not valid
api-bad-signature-remedy = An outdated root of the same name may be in STACKSPOT_CA_BUNDLE or in the system's store: put the present one there.
    .brief = Put the present root certificate into STACKSPOT_CA_BUNDLE.
api-revoked = The TLS certificate of { $host } was revoked
api-revoked-remedy = Send nothing there: tell the administrator of the server, or of the proxy that inspects TLS.
    .brief = Send nothing there: tell its administrator.
api-self-signed = { $host } uses a self-signed certificate: no authority confirms it
api-self-signed-remedy = If it is the server that you mean, put that certificate into a PEM file and set STACKSPOT_CA_BUNDLE to it. Ask the administrator of the server whether it is theirs.
    .brief = Add its certificate by STACKSPOT_CA_BUNDLE, if it is yours.
api-own-authority = { $host } shows the certificate of an authority as its own (self-signed)
api-own-authority-remedy = Adding it to STACKSPOT_CA_BUNDLE does not help. The administrator of the server has to issue a certificate of its own for it, signed by that authority.
    .brief = The server needs a certificate of its own.
api-no-https = { $host } does not speak HTTPS on this port
api-no-https-remedy = Check the endpoint's port; http:// is for loopback addresses alone.
    .brief = Check the endpoint's port: it does not speak HTTPS.
api-no-name = The name of { $host } could not be resolved
api-no-name-remedy = Check the network, the VPN, and the endpoint's spelling.
api-connection-refused = { $host } refused the connection
api-connection-refused-remedy = Check that the service runs and that the endpoint's host and port are right.
    .brief = Check that the service runs, and the endpoint.
api-connection-broken = { $host } broke the connection off
api-connection-broken-remedy = Run it again; if it happens again, look for a proxy or firewall.
api-unheard = The connection to { $host } was lost while the client waited for the answer
api-unheard-remedy = The service may have received the question. Therefore it was not sent again. Run it again. The usual cause is a VPN, a suspended machine or a change of the network.
    .brief = Run it again: the connection died without an answer.
api-unreachable = { $host } cannot be reached from this network
api-unreachable-remedy = Check the network and the VPN.
api-not-connected = { $host } could not be connected to ({ $cause })
api-not-connected-remedy = Check the network, VPN and proxy.
api-connection-failed = The connection to { $host } failed ({ $cause })
api-connection-failed-remedy = Run it again; if it happens again, check the network.
api-no-agent = No agent is chosen
api-no-agent-remedy = Set the agent setting or STACKSPOT_AGENT_ID to the id of a StackSpot AI agent.
    .brief = Set “agent” to an agent's id: stackspot-lsp agents lists them.
api-web-page = { $host } answered with a web page instead of the agent's reply: { $what }
api-something-else = { $host } answered with something else instead of the agent's reply: { $what }
api-in-between-remedy = Check the endpoint; a sign-in page or a proxy may be in between.
    .brief = Check the endpoint: a web page came in its place.
api-too-long-an-answer = { $host } sent an answer that is too long
api-too-long-an-answer-remedy = The received text is kept; ask the agent for a shorter answer.
    .brief = Ask for a shorter answer; what came is kept.
api-upload-unusable = { $host } answered the upload with { $what }
api-upload-no-form = no form for the file
api-upload-no-id = a form without an id
api-upload-no-address = an unusable address
api-upload-odd-form = a form that cannot be filled in
api-upload-unusable-remedy = Check STACKSPOT_DATA_URL; a sign-in page or a proxy may be in between.
    .brief = Check STACKSPOT_DATA_URL.
api-no-media-type = "{ $name }" is not a media type
api-no-media-type-remedy = Write it like text/plain, or leave it out.
api-no-list = { $host } gave no list of agents
api-no-list-remedy = Check STACKSPOT_AGENTS_URL. You can still set the agent by its id.
    .brief = Check STACKSPOT_AGENTS_URL, or set the agent by its id.
api-two-agents = "{ $name }" is the name of two agents: { $first } and { $second }
api-two-agents-remedy = Set the id of the one that is meant; stackspot-lsp agents lists them.
    .brief = Set the id of one: stackspot-lsp agents lists them.
api-odd-token = The token has characters that no HTTP header can carry
api-odd-token-remedy = Check STACKSPOT_TOKEN.
api-odd-issued-token = The service issued a token with characters that no HTTP header can carry
api-no-credential = There is no usable credential
api-empty-realm = STACKSPOT_REALM is empty
api-realm-remedy = Set STACKSPOT_REALM (`realm` in the user file) to your account's slug, as in the address of the StackSpot portal.
    .brief = Check the realm (STACKSPOT_REALM): your account's slug.
api-no-such-realm = { $host } knows no realm "{ $realm }" (HTTP 404)
api-realm-refused = { $host } refused the realm "{ $realm }" (HTTP { $status })
api-client-refused = { $host } refused the client id or secret of realm "{ $realm }" ({ $reply })
api-client-refused-remedy = Sign in again (stackspot-lsp login), or check the realm, the client id and the client secret (STACKSPOT_CLIENT_ID, STACKSPOT_CLIENT_SECRET): the Personal Access Token may have expired or been revoked, and a new one is made in the StackSpot portal.
    .brief = Sign in again (stackspot-lsp login): id or secret is wrong.
api-no-token = { $host } answered the sign-in without a token
api-no-token-remedy = Check STACKSPOT_IDM_URL; a sign-in page or a proxy may be in between.
    .brief = Check STACKSPOT_IDM_URL: a web page may stand in between.
api-no-segment = "{ $segment }" cannot be an agent id or a realm
api-no-segment-remedy = Check the agent setting, STACKSPOT_AGENT_ID and STACKSPOT_REALM.
    .brief = Check the agent setting and STACKSPOT_REALM.
api-no-proxy-url = { $setting } is not a proxy URL, and requests that would use the proxy are not sent
api-no-proxy-url-remedy = Write it like http://proxy.example:3128 or socks5h://127.0.0.1:1080, or empty it to go without a proxy.
    .brief = Write the proxy like http://proxy.example:3128.
api-proxy-auto-config = { $setting } names a file of proxy rules (PAC) instead of a proxy, and requests that would use the proxy are not sent
api-proxy-auto-config-remedy = Look into that file for the proxy of this service, and set its address, such as http://proxy.example:3128.
    .brief = Set the proxy's address in place of a PAC file.
api-no-client = No HTTPS client can be made on this machine ({ $problem })
api-no-client-remedy = Check that the system has root certificates (ca-certificates), or set STACKSPOT_CA_BUNDLE.
    .brief = Install root certificates (ca-certificates).
api-redirect = { $host } answered with a redirect (HTTP { $status }), which was refused: the request carries a credential, or what you send
api-odd-status = { $host } answered HTTP { $status }, which is not a valid reply to this request
api-compressed = { $host } sent a compressed reply that was not asked for
api-compressed-remedy = A proxy in between may be rewriting replies; exempt this host from it.
    .brief = Have the proxy leave replies of this host alone.
file-problem-name = "{ $name }" is not a valid file name. Name it with plain characters, at most { $bytes } bytes of them.
file-problem-unreadable = "{ $name }" cannot be read ({ $reason }). Check its path and its permissions.
file-problem-no-file = "{ $name }" is not a regular file. Upload files one by one.
file-problem-empty = "{ $name }" is empty. There is nothing to upload.
file-problem-too-large = "{ $name }" has { $size } MB, and at most { $limit } MB are uploaded. Upload the part that matters.
file-problem-program = "{ $name }" is a program, which no agent reads. Upload the text, document or picture itself.
file-problem-archive = "{ $name }" is an archive, which no agent reads. Upload the text, document or picture itself.
file-problem-changed = "{ $name }" changed while it was uploaded. Upload it again when nothing writes to it.
bundle-unusable = The CA bundle { $path } cannot be used ({ $problem }); only the system's roots are used. Check STACKSPOT_CA_BUNDLE: it must be a file of PEM certificates.
    .brief = Check STACKSPOT_CA_BUNDLE: it cannot be used.
bundle-partly-used = The CA bundle { $path } is used but for { $bad }; the other { $good } are used. Check STACKSPOT_CA_BUNDLE.
    .brief = Check STACKSPOT_CA_BUNDLE: a part of it cannot be used.
bundle-bad = certificate { $place }, at line { $line } ({ $problem })
bundle-empty = it contains no certificate
bundle-no-end = its end is missing
bundle-no-content = it is empty

## What is wrong with the settings and the credentials

settings-floor = The editor sets { $key } to "{ $asked }", which is looser than "{ $floor }". "{ $floor }" stays in force, because a workspace can change the settings of an editor. To change it, set it in your config.toml.
    .brief = { $key } stays “{ $floor }”: loosen it in your config.toml.
settings-unreadable = the settings of stackspot-lsp cannot be read: { $error }
settings-no-object = { $layer } settings must be an object, but they are { $found }
settings-no-agent-id = { $layer } setting "{ $key }" is missing: it must be the id of the agent "{ $name }"
settings-wrong = { $layer } setting "{ $key }" must be { $expected }, but it is { $found }
    .brief = “{ $key }” must be { $expected }, but it is { $found }
settings-unknown = { $layer } setting "{ $key }" is unknown and ignored
    .brief = “{ $key }” is no setting, and is ignored.
settings-unknown-like = { $layer } setting "{ $key }" is unknown and ignored; did you mean "{ $meant }"?
    .brief = Did you mean “{ $meant }”? “{ $key }” is no setting.
settings-misplaced = { $layer } setting "{ $key }" is ignored: an editor or a workspace never decides where code and credentials go. Set { $place } of your own user file instead
    .brief = Set { $place } in your user file: “{ $key }” is ignored here.
settings-misplaced-in-file = { $layer } key "{ $key }" is unknown and ignored; did you mean { $place }?
    .brief = Did you mean { $place }? “{ $key }” is unknown.
settings-place = { $variable } in the environment, or { $key }
expected-bool = true or false
expected-texts = a list of texts
expected-text = text
expected-one-of = one of { $texts }
expected-whole = a whole number
expected-whole-characters = a whole number of characters
expected-whole-lines = a whole number of lines
expected-whole-milliseconds = a whole number of milliseconds
expected-whole-attempts = a whole number of attempts
expected-whole-requests = a whole number of requests
expected-whole-jobs = a whole number of jobs
expected-whole-remarks = a whole number of remarks
expected-at-least = at least { $min }
expected-at-most = at most { $max }
expected-object = an object
expected-or-object = { $expected } or an object
expected-command = text for the shell, or a list of the program and its arguments
found-unset = unset
found-number = the number { $number }
found-some-number = a number
found-long-text = a longer text
found-text = the text { $text }
found-list = a list
found-table = a table
found-date = a date
user-file-unreadable = { $path } cannot be read: { $reason }. Correct its permissions, or remove it
user-file-syntax = { $path }:{ $line }: { $reason }. Correct the line
user-file-value = { $path }:{ $line }: `{ $key }` must be { $expected }, but it is { $found }
user-file-open-to-others = { $path } is open to other users of this machine, who could read its secret or decide who gets your code. Run: chmod 600 '{ $path }'
    .brief = Run: chmod 600 '{ $path }'
user-file-no-endpoint = config.toml key "{ $key }" is unknown and ignored; the endpoints are idm, inference, data and agents
    .brief = Correct the endpoint “{ $key }” of config.toml: it is unknown.
value-unwrapped = { $name } is given with more than its value: quotes, invisible marks, line breaks or the name of a header. They are left out; write the value alone.
    .brief = Write { $name } without quotes or other marks.
credential-missing = You are not signed in: run stackspot-lsp login, or try everything without an account by stackspot-lsp --sandbox. Missing: { $parts }. Each can also be a variable in the environment, or a key in the user file config.toml
    .brief = You are not signed in: run stackspot-lsp login.
credential-no-realm = the realm (your account's slug): STACKSPOT_REALM, or `realm`
credential-no-id = the client id: STACKSPOT_CLIENT_ID, or `client_id`
credential-no-secret = the client secret: STACKSPOT_CLIENT_SECRET or STACKSPOT_CLIENT_KEY, or `client_secret` or `client_secret_command`
credential-other = { $keeping } contains a credential of realm "{ $realm }" and client id "{ $id }", and STACKSPOT_REALM or STACKSPOT_CLIENT_ID names another. Unset them, give the secret as well, or run stackspot-lsp login
    .brief = Run stackspot-lsp login: another credential is kept.
credential-secret-twice = config.toml has both client_secret and client_secret_command; the command is not run
    .brief = Keep one of client_secret and client_secret_command.
key-of-file = `{ $key }` of config.toml
account-id-odd = { $name } has characters that no HTTP header can carry
endpoint-no-url = { $name } is not a URL
endpoint-scheme = { $name } is neither https:// nor loopback http://
endpoint-query = { $name } contains a query or fragment
endpoint-remedy = Write a base URL like https://idm.stackspot.com.
    .brief = Set the address to a URL that begins with https://.
endpoint-password = { $name } contains a user name or password
endpoint-password-remedy = Remove them from the URL.
endpoint-plain = { $name } is plain http://, which would show code and credentials to the network
endpoint-plain-remedy = Use https://; http:// is accepted for loopback addresses alone.
    .brief = Use https:// in the address.
endpoint-shortened = { $name } contains a path that the program adds by itself. It is left out; write { $base }.
    .brief = Write { $name } as { $base }.
keeping-keyring = the keyring of this system
keep-keyring = The keyring of this system cannot be used: { $reason }. Unlock it and try again
keep-timeout = The keyring of this system gave no answer within { $seconds } s. Does it wait for its password somewhere?
    .brief = Unlock the keyring of this system: it gave no answer.
keep-file = { $path } cannot be used: { $reason }
keep-unreadable = The entry in { $keeping } is not a credential of stackspot-lsp. Run: stackspot-lsp logout, then stackspot-lsp login
    .brief = Run: stackspot-lsp logout, then stackspot-lsp login
kept-was-open = { $path } was open to other users of this machine, who may have read the client secret in it. It is yours alone now; to be safe, make a new secret at StackSpot and run: stackspot-lsp login
    .brief = Make a new secret: others could read the one that is kept.
kept-is-open = { $path } contains your client secret, is open to other users of this machine, and could not be made yours alone ({ $reason }). Move it to a disk that knows permissions, or run: chmod 600 '{ $path }'
    .brief = Run: chmod 600 '{ $path }'
keep-nowhere = There is no keyring, and no home directory for a file. Set HOME, or use the environment variables
secret-command-start = client_secret_command did not start: { $reason }. Check the command in config.toml
    .brief = Check client_secret_command in config.toml: { $reason }
secret-command-timeout = client_secret_command gave no answer within { $seconds } seconds. Run it in a terminal: does it wait for input?
    .brief = Run client_secret_command in a terminal: it does not answer.
secret-command-failed = client_secret_command failed ({ $status }): { $stderr }. Run it in a terminal to see why
    .brief = Run client_secret_command in a terminal: it fails.
secret-command-empty = client_secret_command printed no secret. It must print the client secret, and nothing else, to stdout
    .brief = Have client_secret_command print the secret and nothing else.
user-file-unusable = The user file cannot be used: { $problem }.
    .brief = Correct config.toml: { $problem }.

## What is wrong with a prompt file

prompt-file-unusable = The prompt file { $file } could not be used: { $problem }.
    .brief = Correct the prompt file { $file }: { $problem }.
prompt-problem-unreadable = it cannot be read: { $reason }
prompt-problem-no-file = it cannot be read: it is not a file
prompt-problem-outside = it lies outside of the workspace folder, and links out of it are not followed
prompt-problem-guarded = it is a link to a file that may contain secrets or is not meant for agents; write the prompt into the file itself
prompt-problem-too-large = it is larger than { $kib } KiB
prompt-problem-too-many = there are more than { $most } prompt files in its folder; this one and those behind it are left out
prompt-problem-not-utf8 = it is not written in UTF-8
prompt-problem-name = its name may have letters, digits, “-” and “_” alone, { $longest } at most
prompt-problem-built-in = its name is that of a built-in action; rename the file
prompt-problem-empty = there is no prompt in it
prompt-problem-left-open = the front matter is not closed by a line “---”
prompt-problem-too-long = the front matter is too long
prompt-problem-no-yaml = the front matter is not valid YAML: { $reason }
prompt-problem-no-key = there is no key “{ $key }”
prompt-problem-no-text = “{ $key }” must be a text
prompt-problem-no-texts = “{ $key }” must be a list of texts
prompt-problem-no-result = “{ $key }” must be “answer”, “replace”, “insert”, “file” or “remarks”
prompt-problem-no-instruction = “{ $key }” must be true, false or a text
prompt-problem-no-switch = “{ $key }” must be true or false
prompt-problem-file-outside = the file “{ $file }” lies outside of the workspace; name files by their paths inside of it
prompt-problem-no-pattern = “{ $pattern }” is not a file pattern: { $reason }
prompt-problem-kind = the kind “{ $kind }” is not allowed; take “quickfix”, “refactor.…” or “stackspot-lsp.…”
template-line = line { $line }
template-did-you-mean = did you mean “{ $meant }”?
template-none = it is not a valid template
template-not-available = { $what } are not available in prompt files
template-no-variable = there is no variable “{ $name }”
template-no-filter = there is no filter “{ $name }”
template-no-test = there is no test “{ $name }”
template-too-many-steps = the template takes too many steps
template-blank = the prompt is empty, because all of its parts depend on values that are missing
template-too-long = the prompt gets longer than the { $chars } characters that “context.maxChars” leaves for it
template-too-many-lines = the file has too many lines
template-too-much-in-braces = there is too much between one pair of braces
template-too-many-elifs = there are too many “elif”s
template-blocks = “{ $name }” blocks
template-do-tags = “do” tags
template-recursive-loops = recursive loops
template-calculations = calculations
template-calculations-with-texts = calculations (texts are joined by “~”)
template-lists = lists of anything but plain texts and numbers
template-tuples = tuples
template-maps = maps
template-calls = calls
template-star-arguments = “*” arguments
template-several-parts = names of several parts
template-arguments = arguments that are not constant, in this place,
template-names = names of filters and tests that are not constant

## Documents and their size

prompt-too-large = The selection is too large: the prompt would have { $needed } characters, and "context.maxChars" allows { $budget }. Select less, or raise the setting.
sync-not-open = The editor changed { $uri } without having opened it; the change was ignored. Close the file and open it again.
sync-lost = { $uri } is out of sync with the editor: { $reason }. Nothing will be edited in it until you close the file and open it again.
    .brief = Close the file and open it again: editor and server differ.
sync-versions = it sent version { $version } after version { $previous }
sync-bad-change = a change could not be applied because { $problem }
sync-no-version = a change came without a version
sync-unreadable = a change could not be read ({ $problem })
document-not-open = { $uri } is not open in the editor. Open the file and try again.
    .brief = Open the file and try again.
document-lost = { $uri } is out of sync with the editor: { $reason }. Close the file, open it again and retry.
    .brief = Close the file, open it again, and retry.
document-version-unknown = Version { $version } of { $uri } is no longer known. Select the text again and retry.
    .brief = Select the text again and retry: it has changed.
document-gone = What was selected in { $uri } has been deleted since. Select the text again and retry.
    .brief = Select the text again and retry: it was deleted.
document-range = In { $uri }, { $problem }. Select the text again and retry.
    .brief = Select the text again and retry: { $problem }.
range-place = line { $line }, character { $character }
range-backwards = the range starts at { $start } but ends before that, at { $end } (counted from 0)

## What looks like a secret

guard-what-assigned = a secret assigned to { $name }
guard-kind-private-key = { $count ->
    [one] a private key
   *[other] { $count } private keys
}
guard-kind-wallet = { $count ->
    [one] the key of a wallet
   *[other] { $count } keys of wallets
}
guard-kind-signing-secret = { $count ->
    [one] a web hook's signing secret
   *[other] { $count } signing secrets of web hooks
}
guard-kind-jwt = { $count ->
    [one] a JSON Web Token
   *[other] { $count } JSON Web Tokens
}
guard-kind-url = { $count ->
    [one] a URL with a password
   *[other] { $count } URLs with passwords
}
guard-kind-base64 = { $count ->
    [one] a login in Base64
   *[other] { $count } logins in Base64
}
guard-kind-bearer = { $count ->
    [one] a bearer token
   *[other] { $count } bearer tokens
}
guard-kind-cookie = { $count ->
    [one] the cookie of a session
   *[other] { $count } cookies of sessions
}
guard-kind-password = { $count ->
    [one] a password
   *[other] { $count } passwords
}
guard-kind-assigned = { $count ->
    [one] a secret under a telling name
   *[other] { $count } secrets under telling names
}
guard-kind-key = { $count ->
    [one] { $article } { $of } key
   *[other] { $count } { $of } keys
}
guard-kind-token = { $count ->
    [one] { $article } { $of } token
   *[other] { $count } { $of } tokens
}
guard-kind-secret = { $count ->
    [one] { $article } { $of } secret
   *[other] { $count } { $of } secrets
}
guard-kind-account = { $count ->
    [one] { $article } { $of } account
   *[other] { $count } { $of } accounts
}
guard-kind-web-hook = { $count ->
    [one] { $article } { $of } web hook
   *[other] { $count } { $of } web hooks
}
guard-file-environment = an environment file
guard-file-private-key = a private key
guard-file-key-or-certificate = a private key or a certificate
guard-file-certificate = a certificate
guard-file-key-store = a key store
guard-file-credentials = a credentials file
guard-file-secrets = a secrets file
guard-file-settings = settings of { $of }, often with secrets
guard-file-logins = a list of logins
guard-file-passwords = a list of passwords
guard-file-database-passwords = a list of database passwords
guard-file-history = a history of what was typed
guard-file-vpn = a VPN profile, with its keys
guard-file-wallet = a wallet

## Before something is sent, and while an edit waits

menu-show-prompt = Show what would be sent to StackSpot AI
menu-show-prompt-of = Show what “{ $title }” would send
lens-apply = Apply “{ $title }”
lens-apply-into = Apply “{ $title }” into { $file }
lens-apply-merged = Merge
lens-apply-in-place = Replace mine
lens-apply-part = Apply this change
lens-discard-part = Discard this change
lens-preview = Show diff
lens-preview-first = StackSpot AI: Show diff
lens-discard = Discard
description-title = What would be sent to StackSpot AI
description-not-sent = Nothing was sent.
description-others = The code actions of this document show what each other action would send.
description-action = action: { $title } (`{ $id }`)
description-to = to: { $to }
description-to-sandbox = the sandbox in this process
description-agent = agent: `{ $agent }`
description-agent-version = agent: `{ $agent }`, version { $version }
description-no-knowledge = knowledge sources of the agent: not used
description-knowledge = knowledge sources of the agent: used
description-deep-knowledge = knowledge sources of the agent: used, searched deeply
description-no-sources = further knowledge sources: none
description-sources = further knowledge sources: { $ids }
description-no-conversation = conversation: none
description-new-conversation = conversation: a new one
description-conversation = conversation: continues `{ $id }`
description-further-fields = further fields, from `extraBody`: { $names }
description-upload = file to upload: `{ $file }`
description-size = size of the prompt: { $chars } of { $budget } characters (`context.maxChars`)
description-suspicion = the guard against secrets finds: { $reasons }
description-parts = Its parts
description-part = part
description-characters = characters
description-prompt = The prompt
part-task = task
part-instruction = instruction
part-selection = selection
part-diagnostics = problems that the editor reports
part-rules = rules
part-imports = imports
part-inside = heads of the code around the selection
part-declarations = declarations of what it uses
part-surroundings = lines around the selection
part-open-document = open document
part-conversation = what was said before
fate-cut = cut: the budget is spent
fate-over-budget = left out: the budget is spent
fate-held-back = left out: it may contain a secret, or is not meant for agents

## From the shell

shell-warning = warning: { $text }
shell-more-help = For more information, try '--help'.
shell-settings-unusable = { $problem }. Correct config.toml.
shell-sandbox = [sandbox] A scripted agent in this process answers: no account, no network.
shell-no-agent = No agent is configured. Name one with --agent, set STACKSPOT_AGENT_ID in the environment, or `agent` in config.toml, to the id of a StackSpot AI agent.
limit-counted-alone = The account's request limit is counted for this process alone, since { $path } cannot be used ({ $error }). Make its folder writable to share the limit with your editors
    .brief = Make { $path } writable to share the request limit.
shell-not-written = The result could not be written: { $error }.
shell-partial = The received text:
shell-question = { $question } [y/N]
shell-streaming = the agent writes
shell-uploading = uploading { $name }
shell-go-on = [to continue: stackspot-lsp ask --conversation { $id }]

cli-flag-before-command = { $flag } before { $command } is a flag of the server; put the flags of { $command } after { $command }
cli-model-without-sandbox = --model-url puts a model behind the sandbox: add --sandbox

run-would-upload = This file would be uploaded: { $file }
run-would-find = The guard against secrets finds: { $reasons }
run-would-go = This would go to agent { $agent } at { $address }:
run-would-go-to-sandbox = This would go to agent { $agent } at the built-in sandbox:
run-unknown-action = unknown action "{ $action }"; known are { $known }.
run-needs-words = "{ $action }" needs words of yours: --instruction TEXT.
run-unreadable = { $file } cannot be read ({ $reason }).
run-folder = { $file } is a folder. Name a file.
run-no-text = { $file } is neither UTF-8 nor UTF-16 text, so it is left alone. Convert it to UTF-8; send a file that is not text with stackspot-lsp ask --file, if an agent can read it.
run-diff-of-utf16 = { $file } is UTF-16, and this diff is UTF-8: git and patch do not apply it. Use --write instead
run-no-line = { $file } has no line { $line }: they are counted from 1 to { $count }.
run-lines-backwards = lines { $first }-{ $last } end before they begin; write them like { $last }-{ $first }.
run-write-it = It is written with --write.
run-changed = { $file } was changed.
run-unchanged = { $file }: the agent found nothing to change.
run-unchanged-because = { $file }: the agent changed nothing. { $reason }
run-not-changed = { $file } was not changed. { $reason }
run-no-edit = No edit could be made of the answer. { $reason }
run-made = { $file } was made.
run-added-to = { $file } was added to.
run-not-written = { $file } was not written. { $reason }
run-read-only = It is read-only.
run-cannot-write = It cannot be written ({ $reason }).
run-changed-on-disk = It changed on disk while the agent wrote. Run it again.

ask-nothing = there is nothing to ask. Write a prompt, or pipe one in: stackspot-lsp ask 'What is …?'
ask-too-large = The prompt is too large: it has { $chars } characters or more, and `context.maxChars` allows { $budget }. Pipe in less, upload it with --file, or raise the setting in config.toml.
ask-stdin-unreadable = stdin cannot be read ({ $error }).
ask-stdin-no-text = Not sent: the piped input is not text. Give it with --file, if an agent can read it.
ask-source = [source: { $source }]

agents-none = The credential sees no agents. An agent that is shared with it in another way can be used by its id.

login-paste = Paste the curl commands of the portal's page (API Usage), then press Enter and Ctrl-D. Nothing of it is shown
login-no-curl = No request to StackSpot was found in the pasted text. Copy the curl commands of the agent's page (API Usage) whole, with the one to …/oidc/oauth/token. Nothing was stored.
login-token-in-curl = The pasted text contains a bearer token. The token is valid for some minutes, and a person who has it can use your account. Therefore it was not stored. Paste the request for the token, with the client id and the client secret. Nothing was stored.
login-curl-lacks = The pasted text has no { $part } (or a name in its place): give { $flag } as well.
login-curl-lacks-secret = The pasted text has no client secret (or a name in its place), and stdin is not a terminal to ask on. Put the secret of the account in its place. Nothing was stored.
login-read = Read: { $what }.
login-file-written = { $path } was written: { $keys }.
login-file-not-written = The credential is stored, but { $path } could not be written ({ $error }). Set there: { $keys }.
login-ask-realm = Realm (your account's slug)
login-ask-client-id = Client id
login-ask-secret = Client secret (or client key; nothing is shown)
login-not-asked = Nothing could be asked: { $error }.
login-unreadable = The answer could not be read: { $error }.
login-no-terminal = stdin is not a terminal to ask on: give { $flag } as well.
login-empty = { $flag } is empty.
login-empty-secret = the secret is empty. Type it on a terminal, or pipe it in.
login-not-kept = Nothing was stored. { $error }
login-kept = The credential works, and is stored in { $keeping }.
login-in-a-file = this system has no keyring. Therefore the credential is in that file as plain text; only you can read the file.
login-variable-goes-over-it = { $name } is set in the environment and overrides the stored credential.
login-file-goes-over-it = config.toml contains a secret, which overrides the stored credential.
logout-nothing = No credential was stored.
logout-removed = The credential was removed from { $keeping }.

sandbox-port = Port { $port } on loopback cannot be used: { $error }. Try another, or --port 0.
sandbox-serves = A sandbox of the StackSpot AI Agents API serves here. Ctrl-C ends it.
sandbox-model = A model at { $url } answers.
sandbox-model-exposed = { $url } is plain http://: others on the network can read the prompts.
sandbox-no-interrupt = Ctrl-C cannot be watched: { $error }.

demo-opens = An editor starts the server and opens inventory.py
demo-selects = The developer selects the function; these are its code actions
demo-explains = “Explain”: the answer streams in as it is written
demo-refactors = “Refactor”: the answer becomes one edit, here as a diff
demo-outcome = outcome: { $outcome }
demo-outcome-applied = outcome: { $outcome }; one step to undo
demo-outcome-because = outcome: { $outcome }: { $reason }
demo-reviews = “Review”: each remark is at its line, and its fix is applied by a click
demo-cancels = “Explain” again, cancelled in the middle: the stream closes at once
demo-done-before = it was done before it could be cancelled
demo-end = That was the real server on its sandbox. To have it in your editor, see the README: `stackspot-lsp --sandbox`.
demo-end-with-model = That was the real server on its sandbox, answered by the model at { $url }. To have it in your editor, see the README: `stackspot-lsp --sandbox`.
demo-broke-off = The demo broke off: { $error }.

## What doctor finds

doctor-ok = ok
doctor-warning = warning
doctor-failed = failed
doctor-skipped = skipped
doctor-settings = settings
doctor-credential = credential
doctor-network = network
doctor-token = token
doctor-agent = agent
doctor-latency = latency
doctor-not-checked = Not checked, because of the failure above.
doctor-file-in-order = { $path } is in order.
doctor-no-file = There is no { $path }; environment and default values are used.
doctor-no-home = There is no home directory for a config.toml; environment and default values are used.
doctor-client-id = Client id { $id } of realm { $realm }.
doctor-ready-token = A ready token (STACKSPOT_TOKEN); it cannot be renewed.
doctor-answers = { $url } answers.
doctor-accepted = The credential was accepted.
doctor-token-untried = Only the service knows whether the token is still valid.
doctor-no-agent = No agent is configured. Set STACKSPOT_AGENT_ID, or `agent` in config.toml; stackspot-lsp agents lists those of the account.
doctor-agent-listed = { $name } ({ $id }) is among the agents of the account; it was not asked.
doctor-agent-not-listed = Agent "{ $id }" is not among the { $count } that the account lists
doctor-agent-not-known = The list of agents is not available ({ $error }), so it is not known whether agent "{ $id }" exists
doctor-agent-not-asked = { $found }. It was not asked: leave --no-ask out to ask it one short question.
doctor-agent-answered = Agent "{ $id }" answered one short question.
doctor-agent-answered-for = Agent "{ $id }" answered one short question ({ $cost }).
doctor-until-first-word = { $milliseconds } until the agent's first word.
doctor-until-token = { $milliseconds } until a token was there.

## Remarks at their lines

action-suggest = Suggest refactorings with StackSpot AI
    .brief = Suggest refactorings
remark-review-file = Review this file with StackSpot AI
remark-review-changed = Review what changed with StackSpot AI
menu-fix-rule = Fix all of { $rule } here ({ $count })
remark-apply = Apply: { $said }
remark-look = Look at the suggestion: { $said }
remark-proposed = The suggestion of “{ $title }” waits to be applied or discarded. { $reason }
    .brief = { $title } waits to be applied or discarded. { $reason }
remark-apply-safe = Apply all safe suggestions ({ $count })
remark-fix = Have this fixed: { $said }
remark-dismiss = Dismiss
remark-dismiss-one = Dismiss: { $said }
remark-dismiss-all = Dismiss all
remark-ask = Ask about this…
remark-uncertain = { $said } (The agent may mean another line.)
remark-nothing = “{ $title }”: the agent has nothing to remark.
remark-count = “{ $title }”: { $count ->
    [one] one remark
   *[other] { $count } remarks
}.
remark-without-fix = There is no suggestion for these lines any more.
remark-not-applied = “{ $title }”: the suggestion is not applied. { $reason }
    .brief = { $title }: not applied. { $reason }
progress-remarks = { $count ->
    [one] one remark
   *[other] { $count } remarks
}
progress-remarked = { $count ->
    [one] one remark
   *[other] { $count } remarks
}: { $usage }
run-nothing-changed = Nothing changed.
run-nothing-to-remark = The agent has nothing to remark.
run-fixes = { $count ->
    [one] One of these has a suggestion
   *[other] { $count } of these have a suggestion
} that can be written: --write.
run-wrote-fixes = { $count ->
    [one] Wrote one suggestion
   *[other] Wrote { $count } suggestions
} into { $file }.
run-no-remarks = { $file }: the answer contains no remarks that can be read; run it with --format text to read it
run-gate = { $count ->
    [one] one remark is
   *[other] { $count } remarks are
} of severity { $severity } or worse
run-flags-of-remarks = --format, --fail-on and --diff are for actions that give remarks, such as review and suggest; { $action } gives none.
run-one-file = { $action } takes one file.
run-sarif-is-for-fix = --sarif goes with the action fix.
run-no-sarif = { $file } is not a readable SARIF report ({ $reason })
run-no-findings = The report has no findings in files.
run-finding-outside = { $file } lies outside of the workspace, so the finding there is left out and the file is not read. To fix it, run the command in its folder.
git-missing = git could not be started ({ $error }); the changes are read from it
git-failed = git does not report the changes: { $error }
git-no-revision = “{ $revision }” is not a revision
git-no-file = This document is not a file, so git cannot report its changes.
too-many-changes = { $count } places changed, and one review asks about { $most } at most: review the file, or a part of it.
    .brief = Review the file, or a part of it: { $count } places changed.

## What the user added by hand to the next question.

added-lines = { $name }:{ $lines }
added-problems = problems of { $name }
added-changes = changes since the last commit
added-to-next = Added { $name }: the next question contains { $count ->
    [one] one part
   *[other] { $count } parts
}, { $chars } of { $budget } characters.
added-carried = The next question contains { $names }: { $chars } of { $budget } characters.
added-none = Nothing is added to the next question.
added-unreadable = { $name } cannot be added: { $cause }.
added-no-text = it is not text
added-not-open = it is not open, and no file
added-no-lines = there is nothing in these lines
added-no-problems = the editor reports no problem here
added-no-changes = Nothing changed since the last commit.
menu-add-file = Add this file to the next question
menu-add-lines = Add these lines to the next question
menu-add-problems = Add these problems to the next question
menu-add-changes = Add the changes since the last commit to the next question
menu-added-show = Show what you added to the next question ({ $count })
menu-added-take-off = Remove “{ $name }” from the next question
menu-added-clear = Remove everything from the next question
part-added = added by you
