use std::sync::Arc;

use super::*;
use crate::actions::Catalogue;
use crate::config::Settings;
use crate::job::Answer;

/// A job that ended with an answer of this many bytes.
fn ended(jobs: &Jobs, bytes: usize) -> Arc<Job> {
    let action = Catalogue::new(Arc::new(Settings::default())).find("explain").unwrap();
    let job = Arc::new(Job::new(action, DocumentUri::parse("file:///cart.py"), "file:///cart.py".into()));
    jobs.add(&job);
    job.keep_answer(Arc::new(Answer { text: "x".repeat(bytes), ..Answer::default() }));
    jobs.end(&job);
    job
}

#[test]
fn oldest_answers_are_forgotten_first_when_size_is_over_limit() {
    let jobs = Jobs::new(1);
    let all: Vec<_> = (0..12).map(|_| ended(&jobs, 4 << 20)).collect();
    let known: Vec<bool> = all.iter().map(|job| jobs.get(&job.id).is_some()).collect();
    assert_eq!(known, [vec![false; 4], vec![true; 8]].concat(), "32 MiB are eight answers of four");
    assert!(all.iter().zip(known).all(|(job, known)| job.is_forgotten() != known));
    // A job larger than the limit is kept if it is the only one.
    let largest = ended(&jobs, 40 << 20);
    assert!(jobs.get(&largest.id).is_some() && all.iter().all(|job| jobs.get(&job.id).is_none()));
}

#[test]
fn of_small_answers_so_many_are_kept() {
    let jobs = Jobs::new(1);
    let all: Vec<_> = (0..KEPT_JOBS + 8).map(|_| ended(&jobs, 10)).collect();
    let kept = all.iter().filter(|job| jobs.get(&job.id).is_some()).count();
    assert_eq!(kept, KEPT_JOBS);
    assert!(jobs.get(&all[7].id).is_none() && jobs.get(&all[8].id).is_some());
}
