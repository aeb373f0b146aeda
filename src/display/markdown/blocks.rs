//! The lines of a Markdown text: finds the lines of code and the lines of words.

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Blank,
    /// A line without words: a fence, a rule.
    Verbatim,
    Code,
    /// The line that starts a block of code.
    Fence,
    Heading,
    /// A line that makes the paragraph above it a heading.
    Underline,
    /// A line that makes the line above it a table.
    Delimiters,
    Text,
    /// The kind is not certain.
    Lost,
}

/// The largest depth of nested quotations and lists. Readers have their own limits, and each level costs as much.
const DEEPEST: usize = 64;

/// The result of reading a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) kind: BlockKind,
    /// It does not continue the paragraph above it.
    pub(super) begins_block: bool,
    /// The start of its own content, after the marks of quotations and lists, in bytes.
    pub(super) content: usize,
}

/// The containers and fences that the lines so far have opened.
#[derive(Debug, Clone, Default)]
pub(super) struct Blocks {
    containers: Vec<Container>,
    fence: Option<Fence>,
    in_paragraph: bool,
    /// The nesting is deeper than the limit.
    is_lost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Quotation,
    /// An item of a list: the indentation of its content in columns, and whether it is still empty.
    Item {
        columns: usize,
        is_empty: bool,
    },
}

#[derive(Debug, Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

/// The start of a line, after its indentation.
enum Start {
    Quotation,
    /// A mark of so many characters. An ordered list may interrupt a paragraph only if it starts with 1.
    Item {
        mark: usize,
        may_interrupt: bool,
    },
    Fence(Fence),
    /// Not a container and not a fence.
    Line(BlockKind),
}

/// The position in a line. A tab goes to the next multiple of four columns.
#[derive(Debug, Clone, Copy)]
struct Cursor<'a> {
    line: &'a str,
    at: usize,
    column: usize,
    /// The rest of a tab, in columns, if a part of it was read.
    left: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// The columns and the bytes of the next blanks.
    fn indentation(&self) -> (usize, usize) {
        let (mut columns, mut bytes) = (self.left, 0);
        let mut column = self.column;
        for c in self.rest().chars() {
            let width = match c {
                ' ' => 1,
                '\t' => 4 - column % 4,
                _ => break,
            };
            (columns, column, bytes) = (columns + width, column + width, bytes + 1);
        }
        (columns, bytes)
    }

    fn skip_columns(&mut self, mut columns: usize) {
        let taken = columns.min(self.left);
        (self.left, columns) = (self.left - taken, columns - taken);
        while columns > 0 {
            let width = match self.rest().chars().next() {
                Some(' ') => 1,
                Some('\t') => 4 - self.column % 4,
                _ => return,
            };
            (self.at, self.column) = (self.at + 1, self.column + width);
            let taken = columns.min(width);
            (columns, self.left) = (columns - taken, width - taken);
        }
    }

    fn skip_blanks(&mut self) {
        let (columns, _) = self.indentation();
        self.skip_columns(columns);
    }

    /// Skips characters of one column and one byte each.
    fn skip_marks(&mut self, count: usize) {
        (self.at, self.column, self.left) = (self.at + count, self.column + count, 0);
    }

    /// Skips the mark of a quotation and the blank after it. Returns `None` if the blank may still arrive.
    fn skip_quotation(&mut self, is_whole: bool) -> Option<()> {
        self.skip_marks(1);
        if self.rest().is_empty() && !is_whole {
            return None;
        }
        self.skip_columns(1);
        Some(())
    }
}

impl Blocks {
    /// Reads a line, or its first part. Returns `None` if that part does not decide the kind yet.
    pub(super) fn read(&mut self, line: &str, is_whole: bool) -> Option<Line> {
        if self.is_lost {
            return Some(Line { kind: BlockKind::Lost, begins_block: true, content: 0 });
        }
        let mut next = self.clone();
        let read = next.decide(line, is_whole)?;
        *self = next;
        Some(read)
    }

    /// The line that closes an open fence. A fence in a quotation or a list ends with its container.
    pub(super) fn closing_fence(&self) -> Option<String> {
        let fence = self.fence.filter(|_| self.containers.is_empty())?;
        Some(fence.mark.to_string().repeat(fence.length))
    }

    /// The underline was read as words, therefore the paragraph continues.
    pub(super) fn forbid_underline(&mut self) {
        self.in_paragraph = true;
    }

    fn decide(&mut self, line: &str, is_whole: bool) -> Option<Line> {
        let mut cursor = Cursor { line, at: 0, column: 0, left: 0 };
        let is_blank = |cursor: &Cursor<'_>| cursor.rest().trim_matches([' ', '\t']).is_empty();
        let matched = self.matched(&mut cursor, is_whole)?;
        let all_match = matched == self.containers.len();
        if let Some(fence) = self.fence {
            if all_match {
                return self.in_fence(fence, &cursor, is_whole);
            }
            self.fence = None;
        }
        let (mut pushed, mut in_paragraph) = (false, self.in_paragraph);
        let mut content = 0;
        let kind = loop {
            if is_blank(&cursor) {
                if !is_whole {
                    return None;
                }
                break BlockKind::Blank;
            }
            if self.containers.len() > DEEPEST {
                *self = Self { is_lost: true, ..Self::default() };
                return Some(Line { kind: BlockKind::Lost, begins_block: true, content: 0 });
            }
            let (columns, blanks) = cursor.indentation();
            if columns >= 4 {
                let behind = cursor.rest().get(blanks..).unwrap_or_default();
                // The start of the line matters, although it starts no block.
                if !is_whole && (behind == "<" || behind.chars().all(|c| c == ':')) {
                    return None;
                }
                break if in_paragraph { BlockKind::Text } else { BlockKind::Code };
            }
            let mut behind = cursor;
            behind.skip_blanks();
            let goes_on = in_paragraph && all_match && !pushed;
            match self.start(behind.rest(), goes_on, is_whole)? {
                Start::Quotation => {
                    self.open(matched, &mut pushed, Container::Quotation);
                    behind.skip_quotation(is_whole)?;
                }
                Start::Item { mark, may_interrupt } if !goes_on || may_interrupt => {
                    behind.skip_marks(mark);
                    if is_blank(&behind) && !is_whole {
                        return None;
                    }
                    let (blanks, _) = behind.indentation();
                    let is_empty = is_blank(&behind);
                    let gap = if is_empty || blanks > 4 { 1 } else { blanks };
                    let item = Container::Item { columns: columns + mark + gap, is_empty };
                    self.open(matched, &mut pushed, item);
                    behind.skip_columns(gap);
                }
                Start::Item { .. } => break BlockKind::Text,
                Start::Fence(fence) => {
                    self.close(matched, pushed);
                    self.fence = Some(fence);
                    break BlockKind::Fence;
                }
                Start::Line(kind) => break kind,
            }
            (cursor, in_paragraph) = (behind, false);
            content = cursor.at;
        };
        let is_lazy = kind == BlockKind::Text && in_paragraph && !pushed && !all_match;
        if !is_lazy {
            self.close(matched, pushed);
        }
        if kind != BlockKind::Blank && !is_lazy {
            for container in &mut self.containers {
                if let Container::Item { is_empty, .. } = container {
                    *is_empty = false;
                }
            }
        }
        let continues = self.in_paragraph && !pushed && (all_match || is_lazy);
        let goes_on = continues && matches!(kind, BlockKind::Text | BlockKind::Underline | BlockKind::Delimiters);
        self.in_paragraph = matches!(kind, BlockKind::Text | BlockKind::Delimiters);
        if matches!(
            kind,
            BlockKind::Fence | BlockKind::Heading | BlockKind::Underline | BlockKind::Delimiters | BlockKind::Text
        ) {
            cursor.skip_blanks();
            content = cursor.at;
        }
        Some(Line { kind, begins_block: !goes_on, content })
    }

    /// The number of open containers that the line continues. The cursor is then after their marks.
    fn matched(&self, cursor: &mut Cursor<'_>, is_whole: bool) -> Option<usize> {
        for (index, container) in self.containers.iter().enumerate() {
            let (columns, bytes) = cursor.indentation();
            let behind = cursor.rest().get(bytes..).unwrap_or_default();
            let is_blank = behind.is_empty();
            if is_blank && !is_whole {
                return None;
            }
            match *container {
                Container::Quotation if columns <= 3 && behind.starts_with('>') => {
                    cursor.skip_blanks();
                    cursor.skip_quotation(is_whole)?;
                }
                Container::Item { is_empty, .. } if is_blank && !is_empty => {
                    cursor.skip_blanks();
                }
                Container::Item { columns: wanted, .. } if !is_blank && columns >= wanted => {
                    cursor.skip_columns(wanted);
                }
                _ => return Some(index),
            }
        }
        Some(self.containers.len())
    }

    /// A line after an opening fence, in the same containers as the fence.
    fn in_fence(&mut self, fence: Fence, cursor: &Cursor<'_>, is_whole: bool) -> Option<Line> {
        let (columns, bytes) = cursor.indentation();
        let behind = cursor.rest().get(bytes..).unwrap_or_default();
        if !is_whole && (behind.is_empty() || behind.starts_with(fence.mark)) {
            return None;
        }
        let marks = behind.trim_end_matches([' ', '\t']);
        let closes = columns <= 3 && marks.len() >= fence.length && marks.chars().all(|c| c == fence.mark);
        if closes {
            (self.fence, self.in_paragraph) = (None, false);
        }
        let kind = if closes { BlockKind::Verbatim } else { BlockKind::Code };
        Some(Line { kind, begins_block: true, content: 0 })
    }

    fn open(&mut self, matched: usize, pushed: &mut bool, container: Container) {
        self.close(matched, *pushed);
        self.containers.push(container);
        *pushed = true;
    }

    /// Closes the containers that the line did not continue, unless they are closed already.
    fn close(&mut self, matched: usize, pushed: bool) {
        if !pushed {
            self.containers.truncate(matched);
        }
    }

    /// The construct at the start of a line. Returns `None` if more of the line is necessary.
    fn start(&self, rest: &str, goes_on: bool, is_whole: bool) -> Option<Start> {
        let first = rest.chars().next()?;
        let run = rest.len() - rest.trim_start_matches(first).len();
        let behind = rest.get(run..).unwrap_or_default();
        let is_cut = behind.is_empty() && !is_whole;
        let ends_mark = |text: &str| text.is_empty() || text.starts_with([' ', '\t']);
        Some(match first {
            '>' => Start::Quotation,
            '#' | '<' if is_cut => return None,
            // A heading waits until its end, because its words are compared.
            '#' if run <= 6 && ends_mark(behind) => return is_whole.then_some(Start::Line(BlockKind::Heading)),
            '`' | '~' if is_cut => return None,
            '`' if run >= 3 && behind.contains('`') => Start::Line(BlockKind::Text),
            '`' | '~' if run >= 3 => return is_whole.then_some(Start::Fence(Fence { mark: first, length: run })),
            '-' | '_' | '*' | '+' | '=' | '|' | ':' => {
                let is_only = |allowed: &[char]| rest.chars().all(|c| allowed.contains(&c));
                let is_open = is_only(&[first, ' ', '\t']) || is_only(&['-', ':', '|', ' ', '\t']);
                if !is_whole && is_open {
                    return None;
                }
                let trimmed = rest.trim_end_matches([' ', '\t']);
                let is_rule = matches!(first, '-' | '_' | '*')
                    && is_only(&[first, ' ', '\t'])
                    && trimmed.chars().filter(|c| *c == first).count() >= 3;
                let is_mark = matches!(first, '-' | '*' | '+');
                let behind_mark = rest.get(1..).unwrap_or_default();
                if goes_on && matches!(first, '-' | '=') && trimmed.len() == run {
                    Start::Line(BlockKind::Underline)
                } else if goes_on && is_delimiters(trimmed) {
                    Start::Line(BlockKind::Delimiters)
                } else if is_rule {
                    Start::Line(BlockKind::Verbatim)
                } else if is_mark && ends_mark(behind_mark) {
                    let may_interrupt = !behind_mark.trim_matches([' ', '\t']).is_empty();
                    Start::Item { mark: 1, may_interrupt }
                } else {
                    Start::Line(BlockKind::Text)
                }
            }
            '0'..='9' => {
                let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let behind = rest.get(digits..).unwrap_or_default();
                let dot = behind.strip_prefix(['.', ')']);
                if !is_whole
                    && (behind.is_empty() || dot.is_some_and(|it| it.trim_matches([' ', '\t']).is_empty()))
                    && digits <= 9
                {
                    return None;
                }
                match dot {
                    Some(behind) if digits <= 9 && ends_mark(behind) => {
                        let number = rest.get(..digits).unwrap_or_default();
                        let begins = number.trim_start_matches('0') == "1";
                        let may_interrupt = begins && !behind.trim_matches([' ', '\t']).is_empty();
                        Start::Item { mark: digits + 1, may_interrupt }
                    }
                    _ => Start::Line(BlockKind::Text),
                }
            }
            _ => Start::Line(BlockKind::Text),
        })
    }
}

/// Whether a line is the delimiter row of a table.
fn is_delimiters(line: &str) -> bool {
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let is_cell = |cell: &str| {
        let cell = cell.trim_matches([' ', '\t']);
        let cell = cell.strip_prefix(':').unwrap_or(cell);
        let cell = cell.strip_suffix(':').unwrap_or(cell);
        !cell.is_empty() && cell.chars().all(|c| c == '-')
    };
    line.split('|').all(is_cell)
}
