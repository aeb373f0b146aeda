//! Code with line numbers, for an answer that names lines: `471| return nil`.

use std::ops::Range;

use ropey::Rope;

use super::context::{Piece, Section, Source, line_words};
use super::scope::lines;

/// The instruction about such a listing in a prompt. References of this form become links if the answer is shown as a
/// document.
pub(super) const WORDS: &str = "Each line of <selection> has its number in front. Where you speak of lines, write L471 or \
                                L471-474; quote code without these numbers.";

/// The whole selection as a listing, with the line numbers of the file. `left_out` is not shown.
pub(super) fn listing(text: &Rope, selection: &Range<usize>, left_out: Option<&Range<usize>>) -> Section {
    section(&lines(text, selection), numbered_pieces(text, selection, left_out))
}

/// `code` as a listing. Its first line has the number `first` in its file.
pub(super) fn listing_of_code(code: &str, first: usize) -> Section {
    let numbered = code.split_inclusive('\n').enumerate().map(|(at, line)| format!("{}| {line}", first + at));
    let piece = Piece { source: Source::Document, first_line: first, text: numbered.collect() };
    section(&(first..first + code.lines().count().saturating_sub(1)), vec![piece])
}

fn section(lines: &Range<usize>, pieces: Vec<Piece>) -> Section {
    Section { attributes: format!(" lines=\"{}\"", line_words(lines)), ..Section::new("selection", pieces) }
}

/// The whole lines of a range, each after its number.
pub(super) fn numbered(text: &Rope, bytes: &Range<usize>) -> String {
    numbered_pieces(text, &whole_lines(text, bytes), None).into_iter().map(|piece| piece.text).collect()
}

/// The lines that a range touches, from the start of the first to the end of the last.
pub(super) fn whole_lines(text: &Rope, bytes: &Range<usize>) -> Range<usize> {
    let Range { start, end } = lines(text, bytes);
    text.line_to_byte(start - 1)..text.try_line_to_byte(end).unwrap_or(text.len_bytes())
}

/// One piece for each run of lines. If lines are omitted, the next piece records its first line.
fn numbered_pieces(text: &Rope, bytes: &Range<usize>, left_out: Option<&Range<usize>>) -> Vec<Piece> {
    let shown = lines(text, bytes);
    let cut = left_out.cloned().unwrap_or(bytes.end..bytes.end);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut goes_on = false;
    for number in shown.start..=shown.end {
        let start = text.line_to_byte(number - 1).max(bytes.start);
        let end = text.try_line_to_byte(number).unwrap_or(text.len_bytes()).min(bytes.end);
        let slice = |from: usize, to: usize| text.get_byte_slice(from..to).map(String::from).unwrap_or_default();
        let is_cut = cut.start < end && start < cut.end;
        let mut line = match is_cut {
            true => slice(start, cut.start.max(start)) + &slice(cut.end.min(end), end),
            false => slice(start, end),
        };
        if is_cut && line.trim().is_empty() {
            goes_on = false;
            continue;
        }
        if number < shown.end && !line.ends_with(['\n', '\r']) {
            line.push('\n');
        }
        let line = format!("{number}| {line}");
        match pieces.last_mut() {
            Some(piece) if goes_on => piece.text.push_str(&line),
            _ => pieces.push(Piece { source: Source::Document, first_line: number, text: line }),
        }
        goes_on = true;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str, selection: Range<usize>, left_out: Option<Range<usize>>) -> (String, String, Vec<usize>) {
        let section = listing(&Rope::from_str(text), &selection, left_out.as_ref());
        let lines = section.pieces.iter().map(|piece| piece.first_line).collect();
        (section.attributes.clone(), section.texts().collect(), lines)
    }

    #[test]
    fn listed_lines_have_the_numbers_of_the_file() {
        let text = "one\ntwo\r\n\nfour";
        let whole = listed(text, 4..text.len(), None);
        assert_eq!(whole, (" lines=\"2-4\"".into(), "2| two\r\n3| \n4| four".into(), vec![2]));
        assert_eq!(listed(text, 5..6, None), (" lines=\"2\"".into(), "2| w".into(), vec![2]));
        assert_eq!(numbered(&Rope::from_str(text), &(5..6)), "2| two\r\n");
        let code = listing_of_code("a\n\nb", 9);
        assert_eq!(
            (code.attributes.as_str(), code.texts().collect::<String>().as_str()),
            (" lines=\"9-11\"", "9| a\n10| \n11| b")
        );
        assert_eq!(listed("", 0..0, None).1, "1| ");
    }

    #[test]
    fn omitted_line_still_counts_in_the_numbers() {
        let text = "one\n// @stackspot why?\nthree\nfour // too\nfive\n";
        let at = |needle: &str| text.find(needle).unwrap()..text.find(needle).unwrap() + needle.len();
        let (_, shown, lines) = listed(text, 0..text.len(), Some(at("// @stackspot why?\n")));
        assert_eq!((shown.as_str(), lines), ("1| one\n3| three\n4| four // too\n5| five\n", vec![1, 3]));
        let (_, shown, lines) = listed(text, 0..text.len(), Some(at("// too")));
        assert_eq!((shown.as_str(), lines), ("1| one\n2| // @stackspot why?\n3| three\n4| four \n5| five\n", vec![1]));
    }
}
