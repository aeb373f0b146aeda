use super::*;

fn at_once() -> Rhythm {
    Rhythm::from(Pacing::Immediate)
}

fn paced(toml: &str) -> Rhythm {
    let pace: Pace = toml::from_str(toml).unwrap();
    Rhythm::from(pace)
}

/// All events of an answer.
async fn events(mut written: Written) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = written.next().await {
        events.push(event);
    }
    events
}

fn text(events: &[Event]) -> String {
    let text = events.iter().filter_map(|event| match event {
        Event::Text(text) => Some(text.as_str()),
        _ => None,
    });
    text.collect()
}

#[tokio::test(start_paused = true)]
async fn joined_pieces_are_the_text_and_the_end_is_last() {
    for all in ["", " ", "one", "  fn x() {\r\n\treturn 1;\n\n}\n", "olá  mundo \u{2003}é"] {
        for rhythm in [at_once(), paced("chunk_chars = 1"), paced("chunk_chars = 7")] {
            let events = events(Written::new(all, rhythm, Vec::new())).await;
            assert_eq!(text(&events), all);
            assert_eq!(events.last(), Some(&Event::End));
            assert!(!events.contains(&Event::Text(String::new())));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn believable_pace_is_400_ms_then_30_to_60_words_a_second() {
    let mut written = Written::new(&"word ".repeat(1000), Rhythm::from(Pacing::Believable), Vec::new());
    let begun = tokio::time::Instant::now();
    written.next().await;
    assert_eq!(begun.elapsed().as_millis() / 10, 40);
    let first = tokio::time::Instant::now();
    while written.next().await != Some(Event::End) {}
    let rate = 999.0 / first.elapsed().as_secs_f64();
    assert!((30.0..60.0).contains(&rate), "{rate} words a second");
}

#[tokio::test(start_paused = true)]
async fn character_rate_does_not_depend_on_frame_sizes() {
    for chunk in ["chunk_chars = 1", "chunk_chars = 40", ""] {
        let rhythm = paced(&format!("first_ms = 500\nchars_per_second = 100\n{chunk}"));
        let begun = tokio::time::Instant::now();
        events(Written::new(&"four ".repeat(40), rhythm, Vec::new())).await;
        let seconds = begun.elapsed().as_secs_f64();
        assert!((2.5..2.8).contains(&seconds), "{seconds} s for 200 characters, {chunk:?}");
        let mut plain = Written::new(&"four ".repeat(40), rhythm, Vec::new());
        assert_eq!(plain.at_once(), Duration::from_millis(2500), "a plain reply takes as long");
        let begun = tokio::time::Instant::now();
        events(plain).await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "and its text waits no second time");
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_strikes_at_its_character_in_order() {
    for kind in [FaultKind::InvalidUtf8, FaultKind::BrokenJson, FaultKind::Bom, FaultKind::LoneSurrogate] {
        let faults = [5, 0].map(|after| Fault { after, then: kind, every_ms: None });
        let events = events(Written::new("olá mundo", at_once(), faults.to_vec())).await;
        let text = |text: &str| Event::Text(text.into());
        assert_eq!(events, [Event::Fault(kind), text("olá "), text("m"), Event::Fault(kind), text("undo"), Event::End]);
    }
}

#[tokio::test(start_paused = true)]
async fn fault_after_the_text_happens_at_its_end() {
    let faults = vec![Fault { after: 900, then: FaultKind::Close, every_ms: None }];
    let events = events(Written::new("short", at_once(), faults)).await;
    assert_eq!(events, [Event::Text("short".into()), Event::Fault(FaultKind::Close)]);
}

#[tokio::test(start_paused = true)]
async fn dropped_wait_loses_no_text() {
    let mut written = Written::new("one two", paced("first_ms = 1000"), Vec::new());
    assert!(tokio::time::timeout(Duration::from_millis(10), written.next()).await.is_err());
    assert_eq!(text(&events(written).await), "one two");
}
