//! Tables with a column of passwords or keys: CSV and similar formats, Markdown, and rows that SQL inserts.

use super::SecretKind;
use super::key_names::{Names, what_it_names};
use super::matches::Matches;
use super::randomness::{is_likely_password, is_placeholder, is_typed_password};
use super::values::is_secret;

/// The maximum length of a column head, in bytes.
const LONGEST_HEAD: usize = 40;
/// A line with one of these inserts rows.
pub(super) const INSERTS: &[&str] = &["insert into ", "replace into "];
/// A table with one of these words, in lowercase, is a table of users.
const USERS: [&str; 8] = ["user", "usuario", "login", "account", "conta", "cred", "acesso", "operador"];
const MOST: usize = 64;

/// The table that the scanner is reading.
#[derive(Debug, Default)]
pub(super) struct Columns {
    table: Option<Table>,
    /// The columns that an `INSERT` names, until the statement ends.
    inserted: Option<Vec<Column>>,
}

#[derive(Debug)]
struct Table {
    between: char,
    count: usize,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    index: usize,
    names: Names,
    head: String,
}

impl Columns {
    /// Reads the next line. `may_name`: a word may name a secret. `inserts`: SQL inserts a row.
    pub(super) fn scan(&mut self, line: &str, may_name: bool, inserts: bool, matches: &mut Matches) {
        if let Some(table) = &self.table {
            let cells = cells(line, table.between);
            let is_rule = line.trim().bytes().all(|byte| b"|-:+ =\t".contains(&byte));
            if is_rule && !line.trim().is_empty() {
                return;
            }
            if cells.len() == table.count {
                table.columns.iter().for_each(|column| column.judge(line, &cells, matches));
                return;
            }
            self.table = None;
        }
        if may_name {
            self.table = head(line);
        }
        if inserts || self.inserted.is_some() {
            self.insert(line, matches);
        }
    }

    /// A row without column names, in a table of users.
    fn without_columns(&self, line: &str, insert: &str, open: Option<usize>, matches: &mut Matches) {
        let (table, is_row) = insert.split_once("values").map_or((insert, false), |(table, _)| (table, true));
        let tells = USERS.iter().any(|word| table.contains(word));
        let Some(open) = open.filter(|_| is_row && tells && !table.contains('(')) else { return };
        for (start, cell) in cells(line.get(open..).unwrap_or_default(), ',') {
            let (lead, value) = unquoted(cell.trim_end_matches([')', ';', ' ']));
            if lead > 0 && is_likely_password(value) {
                let start = open + start + lead;
                matches.add(start..start + value.len(), SecretKind::Password("password".to_owned()));
            }
        }
    }

    fn insert(&mut self, line: &str, matches: &mut Matches) {
        let lowered = line.to_ascii_lowercase();
        let mut from = 0;
        if let Some(at) = INSERTS.iter().find_map(|sign| lowered.find(sign)) {
            let open = line.get(at..).and_then(|rest| rest.find('(')).map(|open| at + open + 1);
            self.without_columns(line, lowered.get(at..).unwrap_or_default(), open, matches);
            let Some((open, list)) = open.and_then(|open| Some((open, line.get(open..)?.split(')').next()?))) else {
                return;
            };
            let columns: Vec<Column> = list.split(',').take(MOST).enumerate().filter_map(Column::of).collect();
            self.inserted = (!columns.is_empty()).then_some(columns);
            from = open + list.len();
        }
        let Some(columns) = &self.inserted else { return };
        let rows = line.get(from..).unwrap_or_default();
        let values = lowered.get(from..).and_then(|rest| rest.find("values"));
        let is_row = values.is_some() || rows.trim_start().starts_with('(');
        for (at, row) in
            rows.match_indices('(').filter(|_| is_row).map(|(at, _)| (at, rows.get(at + 1..).unwrap_or_default()))
        {
            let cells = cells(row.split(')').next().unwrap_or_default(), ',');
            let row_at = from + at + 1;
            let cells: Vec<_> = cells.into_iter().map(|(start, text)| (row_at + start, text)).collect();
            columns.iter().for_each(|column| column.judge(line, &cells, matches));
        }
        if line.trim_end().ends_with(';') {
            self.inserted = None;
        }
    }
}

impl Column {
    fn of((index, head): (usize, &str)) -> Option<Self> {
        let head = unquoted(head).1.replace(' ', "_");
        let names = what_it_names(&head).filter(|names| *names != Names::Wallet)?;
        Some(Self { index, names, head })
    }

    /// Reports the cell in this column if it contains a secret.
    fn judge(&self, line: &str, cells: &[(usize, &str)], matches: &mut Matches) {
        let Some((start, cell)) = cells.get(self.index) else { return };
        let (lead, value) = unquoted(cell);
        let is_one = match self.names {
            Names::Password => is_typed_password(value) && !value.contains(['(', ' ']) && !is_placeholder(value),
            names => is_secret(value, names, true, &self.head),
        };
        if is_one && line.get(start + lead..start + lead + value.len()).is_some() {
            matches.add(start + lead..start + lead + value.len(), SecretKind::named(&self.head, self.names));
        }
    }
}

/// The table whose head is `line`, if one of its columns contains secrets.
fn head(line: &str) -> Option<Table> {
    // A column head contains none of these.
    let is_code = |byte: u8| b"{}()[]<>=:&$@!?+\\%^~".contains(&byte);
    if line.len() > 2000 || line.bytes().any(is_code) {
        return None;
    }
    let between = ['|', '\t', ';', ','].into_iter().find(|between| line.trim().contains(*between))?;
    let cells = cells(line, between);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '#');
    let is_head = |cell: &str| {
        let text = unquoted(cell).1;
        text.len() <= LONGEST_HEAD
            && text.chars().all(is_word)
            && text.starts_with(|c: char| c.is_alphabetic() || c == '#')
    };
    let border = |index: usize| between == '|' && (index == 0 || index + 1 == cells.len());
    let heads =
        cells.iter().enumerate().all(|(index, (_, cell))| is_head(cell) || border(index) && cell.trim().is_empty());
    if cells.len() < 2 || cells.len() > MOST || !heads {
        return None;
    }
    let columns: Vec<Column> =
        cells.iter().enumerate().filter_map(|(index, (_, cell))| Column::of((index, cell))).collect();
    (!columns.is_empty()).then_some(Table { between, count: cells.len(), columns })
}

/// The cells of a row and the start of each. Text in double quotes is one cell.
fn cells(line: &str, between: char) -> Vec<(usize, &str)> {
    let (mut cells, mut start, mut in_quotes) = (Vec::new(), 0, None);
    for (at, c) in line.char_indices() {
        match in_quotes {
            Some(quote) if c == quote => in_quotes = None,
            None if matches!(c, '"' | '\'') && line.get(start..at).is_some_and(|head| head.trim().is_empty()) => {
                in_quotes = Some(c);
            }
            None if c == between => {
                cells.push((start, line.get(start..at).unwrap_or_default()));
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    cells.push((start, line.get(start..).unwrap_or_default()));
    cells
}

/// A cell without the blanks, quotes and marks around it, and how many bytes were removed in front.
fn unquoted(cell: &str) -> (usize, &str) {
    let marks = [' ', '\t', '"', '\'', '`', '*', 'N'];
    let text = if cell.trim_start().starts_with("N'") {
        cell.trim_start_matches(marks)
    } else {
        cell.trim_start_matches(&marks[..6])
    };
    (cell.len() - text.len(), text.trim_end_matches(&marks[..6]))
}
