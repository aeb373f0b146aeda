#!/bin/sh
# Reviews what a branch changes with a StackSpot AI agent, and writes the review into the merge request.
# Usage: review-merge-request.sh TARGET-BRANCH     see ci-cd.md for the variables that it needs
set -eu
umask 077

target=${1:?name the branch that this one is to be merged into}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Three dots: what this branch changed since it left the target, and nothing that happened there meanwhile.
git diff --no-color "$target...HEAD" >"$work/diff"
if [ ! -s "$work/diff" ]; then
    echo "Nothing to review." >&2
    exit 0
fi

# A failure ends the job here, with the reason on stderr, and so does an answer that is not whole: no half review is ever
# posted.
# shellcheck disable=SC2086  # STACKSPOT_ASK_FLAGS holds several flags, such as --sandbox
stackspot-lsp ask --json ${STACKSPOT_ASK_FLAGS:-} \
    'Review this diff as a careful colleague would before it is merged. List what must change, the worst first, each with its file and line. Say so if you find nothing. Answer in Markdown.' \
    <"$work/diff" >"$work/result"
jq --exit-status '
    if .outcome == "answered" and .reason == null and (.answer | test("[^[:space:]]"))
    then { body: ("### Review by a StackSpot AI agent\n\n" + .answer) }
    else error("this is no whole review: \(.reason // .outcome)") end' <"$work/result" >"$work/comment"

# The token goes in by a file, so that it is in no list of processes.
post() {
    printf 'header = "%s"\n' "$2" >"$work/header"
    curl --silent --show-error --fail --retry 2 --config "$work/header" \
        --header 'Content-Type: application/json' --data "@$work/comment" --output /dev/null "$1"
}

if [ -n "${CI_MERGE_REQUEST_IID:-}" ]; then
    post "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes" "PRIVATE-TOKEN: $GITLAB_TOKEN"
elif [ -n "${PULL_REQUEST:-}" ]; then
    post "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" "Authorization: Bearer $GITHUB_TOKEN"
else
    # Nowhere to post it to: a run by hand.
    jq --raw-output .body <"$work/comment"
fi
