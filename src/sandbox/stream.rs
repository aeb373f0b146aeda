//! How an answer is written: a plan of frames with the wait before each, then the plan played as a response body.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::{Map, Value, json};

use super::Pacing;
use super::failure::Failure;
use super::state::{State, Writing};

/// Between the empty frames of an agent that has stalled.
const EMPTY_FRAME_EVERY: Duration = Duration::from_secs(1);

/// How many words an agent writes before it stalls or fails.
const WORDS_BEFORE_FAILURE: usize = 5;

/// One step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Waits, then sends one frame.
    Frame(Duration, Value),
    /// Sends empty frames for as long as the client listens.
    EmptyForEver,
}

impl Pacing {
    /// Until the first word, and between words.
    fn waits(self) -> (Duration, Duration) {
        match self {
            Self::Believable => (Duration::from_millis(400), Duration::from_millis(22)),
            Self::Immediate => (Duration::ZERO, Duration::ZERO),
            Self::Words { first, between } => (first, between),
        }
    }

    /// How long the whole of an answer takes over REST. People at a prompt are spared the worst.
    pub(super) fn whole(self, text: &str) -> Duration {
        let (first, between) = self.waits();
        let words = u32::try_from(words(text).len()).unwrap_or(u32::MAX);
        first + between.saturating_mul(words).min(Duration::from_secs(3))
    }
}

/// The steps of an answer: an empty frame as the service sends it, each word, then `last`, which holds the stop reason.
pub(super) fn plan(text: &str, last: Value, pacing: Pacing, failure: Option<Failure>) -> Vec<Step> {
    let (first, between) = pacing.waits();
    let words = words(text);
    let written = match failure {
        Some(Failure::Truncated) => words.len() / 2,
        Some(Failure::Stalled | Failure::StreamError) => WORDS_BEFORE_FAILURE,
        _ => words.len(),
    };
    let mut steps = vec![Step::Frame(Duration::ZERO, fat("").into())];
    for (index, word) in words.into_iter().take(written).enumerate() {
        // Both shapes of frame occur in the wild, so both occur here.
        let frame = if index % 2 == 0 { fat(word).into() } else { json!({ "message": word }) };
        let wait = if index == 0 { first } else { between.mul_f64(0.5 + fastrand::f64()) };
        steps.push(Step::Frame(wait, frame));
    }
    match failure {
        Some(Failure::Truncated) => {}
        Some(Failure::Stalled) => steps.push(Step::EmptyForEver),
        Some(Failure::StreamError) => {
            let details = "The model failed in the middle of its answer.";
            let error = json!({ "type": "error", "code": "SANDBOX_STREAM_ERROR", "details": details });
            steps.push(Step::Frame(between, error));
        }
        _ => steps.push(Step::Frame(between, last)),
    }
    steps
}

/// A frame with every field that the service sends.
pub(super) fn fat(message: &str) -> Map<String, Value> {
    let mut frame = Map::new();
    frame.insert("upload_ids".into(), json!({}));
    for list in ["knowledge_source_id", "source", "cross_account_source", "tools_id", "agent_info"] {
        frame.insert(list.into(), json!([]));
    }
    frame.insert("message".into(), message.into());
    frame
}

/// Plays a plan. It stops when the client goes, since the body is dropped then, and breaks off when the sandbox closes.
pub(super) fn body(steps: Vec<Step>, state: Arc<State>, writing: Writing) -> Body {
    let playing = (steps.into_iter(), None, state, writing);
    Body::from_stream(stream::unfold(playing, |(mut steps, repeated, state, writing)| async move {
        let step = repeated.or_else(|| steps.next())?;
        let (wait, frame, repeated) = match step {
            Step::Frame(wait, frame) => (wait, frame, None),
            Step::EmptyForEver => (EMPTY_FRAME_EVERY, Value::from(fat("")), Some(Step::EmptyForEver)),
        };
        let sent = match waited(wait, &state).await {
            Ok(()) => Ok(Bytes::from(format!("data: {frame}\n\n"))),
            Err(error) => Err(error),
        };
        Some((sent, (steps, repeated, state, writing)))
    }))
}

/// Waits, or fails at once when the sandbox closes.
pub(super) async fn waited(wait: Duration, state: &State) -> io::Result<()> {
    let closing = || io::Error::other("the sandbox is closing");
    if wait.is_zero() {
        return if state.closing.is_cancelled() { Err(closing()) } else { Ok(()) };
    }
    tokio::select! {
        biased;
        () = state.closing.cancelled() => Err(closing()),
        () = tokio::time::sleep(wait) => Ok(()),
    }
}

/// The words of a text, each with the white space after it, so that joined they are the text.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let space = rest.get(word..).and_then(|tail| tail.find(|c: char| !c.is_whitespace()));
        let (head, tail) = rest.split_at_checked(space.map_or(rest.len(), |space| word + space)).unwrap_or((rest, ""));
        words.push(head);
        rest = tail;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(steps: &[Step]) -> String {
        let text = steps.iter().filter_map(|step| match step {
            Step::Frame(_, frame) => frame["message"].as_str(),
            Step::EmptyForEver => None,
        });
        text.collect()
    }

    #[test]
    fn the_words_joined_are_the_text() {
        for text in ["", " ", "one", "  fn x() {\r\n\treturn 1;\n\n}\n", "olá  mundo \u{2003}é"] {
            assert_eq!(words(text).concat(), text);
            assert!(words(text).iter().all(|word| !word.is_empty()));
            let steps = plan(text, json!({ "stop_reason": "stop" }), Pacing::Immediate, None);
            assert_eq!(messages(&steps), text);
            assert_eq!(steps.last(), Some(&Step::Frame(Duration::ZERO, json!({ "stop_reason": "stop" }))));
        }
    }

    #[test]
    fn a_believable_answer_starts_after_400_ms_and_keeps_30_to_60_words_a_second_or_so() {
        let text = "word ".repeat(1000);
        let steps = plan(&text, json!({}), Pacing::Believable, None);
        let waits: Vec<Duration> = steps
            .iter()
            .map(|step| match step {
                Step::Frame(wait, _) => *wait,
                Step::EmptyForEver => panic!("nothing failed"),
            })
            .collect();
        assert_eq!(waits[1], Duration::from_millis(400));
        let total: Duration = waits[2..1001].iter().sum();
        let rate = 999.0 / total.as_secs_f64();
        assert!((30.0..60.0).contains(&rate), "{rate} words a second");
        assert!(waits[2..1001].iter().any(|wait| *wait != waits[2]), "it has jitter");
    }

    #[test]
    fn a_failing_answer_has_no_stop_reason() {
        let text = "a b c d e f g h i j ";
        let last = json!({ "stop_reason": "stop" });
        for failure in [Failure::Truncated, Failure::Stalled, Failure::StreamError] {
            let steps = plan(text, last.clone(), Pacing::Immediate, Some(failure));
            assert_eq!(messages(&steps), "a b c d e ", "{failure:?}");
            assert!(!steps.contains(&Step::Frame(Duration::ZERO, last.clone())), "{failure:?}");
        }
    }
}
