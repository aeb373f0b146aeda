"""The main flows of stkai, a public Python SDK of the Agents API, on the sandbox at the URL in the first argument.

The second argument is the file that holds what the sandbox says on stderr.
"""

import sys
import tempfile
import time
import typing
from pathlib import Path

# It is written for Python 3.12, whose mark for methods is all that Debian's 3.11 lacks of what it uses.
if not hasattr(typing, "override"):
    typing.override = lambda method: method

from stkai import STKAI, Agent, ChatRequest, FileUploader, FileUploadRequest
from stkai.agents import UseConversation

base, said = sys.argv[1], Path(sys.argv[2])
STKAI.configure(
    auth={
        "client_id": "an-id",
        "client_secret": "a-secret",
        "token_url": f"{base}/acme/oidc/oauth/token",
    },
    agent={"base_url": base, "retry_max_retries": 0},
    file_upload={"base_url": base, "retry_max_retries": 0},
)
TEXT = "Olá: preço, ação, 🦀.\n"
outcomes = []


def check(what):
    """Runs a flow at once, and prints a line about it."""

    def run(flow):
        try:
            flow()
            outcomes.append(True)
            print(f"ok     {what}")
        except Exception as error:  # Whatever went wrong, the other flows are run.
            outcomes.append(False)
            print(f"FAILED {what}\n       {type(error).__name__}: {error}")

    return run


def answered(response):
    assert response.is_success(), response.error
    return response


@check("a chat in one reply, with the token that it fetched and the tokens that were counted")
def _():
    response = answered(Agent(agent_id="echo").chat(ChatRequest(user_prompt="Hello")))
    assert response.result == TEXT, repr(response.result)
    assert response.stop_reason == "stop" and response.tokens.total > 0, response.raw_response


@check("a streamed chat, piece by piece and with every letter as it was")
def _():
    with Agent(agent_id="echo").chat_stream(ChatRequest(user_prompt="Hello")) as stream:
        pieces = list(stream.text_stream)
        response = answered(stream.response)
    assert "".join(pieces) == TEXT and len(pieces) > 1, pieces
    assert response.result == TEXT and response.stop_reason == "stop", response.raw_response


@check("a conversation of several turns")
def _():
    agent = Agent(agent_id="any")
    with UseConversation() as conversation:
        answered(agent.chat(ChatRequest(user_prompt="What is a ULID?")))
        first = conversation.conversation_id
        response = answered(agent.chat(ChatRequest(user_prompt="And then?")))
    assert first and response.conversation_id == first, response.raw_response
    assert "turn 2" in response.result, response.result


@check("knowledge sources off, and on with their names")
def _():
    off = ChatRequest(user_prompt="Hello", use_knowledge_sources=False, return_knowledge_sources=True)
    on = ChatRequest(user_prompt="Hello", use_knowledge_sources=True, return_knowledge_sources=True)
    assert not answered(Agent(agent_id="any").chat(off)).raw_response["source"]
    assert answered(Agent(agent_id="any").chat(on)).knowledge_sources


@check("a file that is uploaded and asked about")
def _():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.md"
        path.write_text("# Notes\n")
        upload = FileUploader().upload(FileUploadRequest(file_path=path))
    assert upload.is_success(), upload.error
    response = answered(Agent(agent_id="any").chat(ChatRequest(user_prompt="Read it", upload_ids=[upload.upload_id])))
    assert "notes.md" in response.result, response.result


@check("five chats at once")
def _():
    responses = Agent(agent_id="echo").chat_many([ChatRequest(user_prompt=f"Hello {n}") for n in range(5)])
    assert [answered(response).result for response in responses] == [TEXT] * 5


@check("agents that fail are errors with the status")
def _():
    for agent, status in [("forbidden", "403"), ("quota", "429"), ("server-error", "503")]:
        response = Agent(agent_id=agent).chat(ChatRequest(user_prompt="Hello"))
        assert response.is_error() and status in response.error, (agent, response.error)


@check("what was let pass is said on stderr, each kind once")
def _():
    wanted = "stackspot_knowledge must be true or false"
    until = time.monotonic() + 20
    while wanted not in said.read_text() and time.monotonic() < until:
        time.sleep(0.1)
    assert said.read_text().count(wanted) == 1, said.read_text()


print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed")
sys.exit(0 if all(outcomes) else 1)
