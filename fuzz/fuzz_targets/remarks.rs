//! Whatever an agent writes, its remarks are the same however its answer is cut into pieces, and none is placed outside of
//! the lines that it was asked about.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use stackspot_lsp::testing::remarks::{RemarkReader, locate_remark, other_forms};

#[derive(Debug, Arbitrary)]
struct Review {
    text: String,
    answer: String,
    cut: u16,
    first: u8,
    last: u8,
}

fuzz_target!(|review: Review| {
    let answer = &review.answer;
    let cut = usize::from(review.cut).min(answer.len());
    let cut = (0..=cut).rev().find(|at| answer.is_char_boundary(*at)).unwrap_or(0);
    let (mut whole, mut in_pieces) = (RemarkReader::default(), RemarkReader::default());
    let mut remarks = whole.push(answer);
    let pieces = [in_pieces.push(&answer[..cut]), in_pieces.push(&answer[cut..])].concat();
    assert_eq!(remarks, pieces);
    assert_eq!(whole.has_no_remarks(), in_pieces.has_no_remarks());

    remarks.extend(other_forms(answer));
    let lines = review.text.lines().count();
    let first = usize::from(review.first).min(lines);
    let asked = first..usize::from(review.last).clamp(first, lines);
    for remark in &remarks {
        if let Some(placed) = locate_remark(&review.text, asked.clone(), remark) {
            assert!(placed.lines.start <= placed.lines.end && placed.lines.end <= lines.max(1), "{placed:?}");
        }
    }
});
