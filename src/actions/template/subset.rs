//! Checks the content of a template before any part of it runs.

use std::collections::BTreeSet;

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Filter, Stmt, Test, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::errors::{self, NAME, of_engine};
use super::values::Variable;
use crate::actions::problem::{Problem, suggesting};
use crate::i18n::{Message, message};

/// The largest number of tokens in one tag. The engine reads chains such as `a ~ b ~ c` by recursion.
const LONGEST_TAG_TOKENS: usize = 200;

/// The largest number of `elif`s in the whole template. Each is nested in the one before it.
const MOST_ELIFS: usize = 100;

/// The engine stores line numbers in 16 bits.
const MOST_LINES: usize = 60_000;

/// Filters whose cost is at most proportional to their input.
const FILTERS: &str = "capitalize count d default first indent join last length lines lower map reject rejectattr replace \
                       reverse select selectattr sort split title trim unique upper";

/// Filters that `map` may apply to each item.
const MAPPED: &str = "capitalize first last length lower title trim upper";

/// Tests. They compare only with constants.
const TESTS: &str = "defined undefined none odd even divisibleby startingwith endingwith eq equalto ne in true false string \
                     number";

/// The variables that `source` mentions.
///
/// # Errors
/// The first part that is not understood or not allowed, with its line in `source`.
pub(super) fn check(source: &str) -> Result<BTreeSet<Variable>, Problem> {
    check_size(source)?;
    let template = parse(source, NAME, SyntaxConfig::default()).map_err(|error| of_engine(&error))?;
    let mut walk = Walk::default();
    walk.collect_names(&template);
    walk.statement(&template)?;
    Ok(walk.mentions)
}

/// Rejects texts for which the parser, or a later step, would recurse too deeply.
fn check_size(source: &str) -> Result<(), Problem> {
    if source.lines().count() > MOST_LINES {
        return Err(Problem::at(MOST_LINES, message!("template-too-many-lines")));
    }
    let (mut in_tag, mut elifs) = (0, 0);
    for token in tokenize(source, false, SyntaxConfig::default()) {
        let (token, span) = token.map_err(|error| of_engine(&error))?;
        in_tag = match token {
            Token::VariableStart | Token::BlockStart | Token::TemplateData(_) => 0,
            _ => in_tag + 1,
        };
        elifs += usize::from(matches!(token, Token::Ident("elif")));
        if in_tag > LONGEST_TAG_TOKENS {
            return Err(at(span, message!("template-too-much-in-braces")));
        }
        if elifs > MOST_ELIFS {
            return Err(at(span, message!("template-too-many-elifs")));
        }
    }
    Ok(())
}

fn at(span: Span, reason: Message) -> Problem {
    Problem::at(usize::from(span.start_line).max(1), reason)
}

fn not_available(span: Span, what: Message) -> Problem {
    at(span, errors::not_available(what))
}

type Verdict = Result<(), Problem>;

#[derive(Default)]
struct Walk {
    mentions: BTreeSet<Variable>,
    /// The names that the template itself sets, at any place.
    own_names: BTreeSet<String>,
}

impl Walk {
    /// The place of the assignment does not matter: a use outside of its scope is an error at rendering.
    fn collect_names(&mut self, statement: &Stmt<'_>) {
        let mut own = |target: &Expr<'_>| {
            if let Expr::Var(name) = target {
                self.own_names.insert(name.id.to_owned());
            }
        };
        match statement {
            Stmt::ForLoop(it) => {
                own(&it.target);
                self.own_names.insert("loop".to_owned());
            }
            Stmt::WithBlock(it) => it.assignments.iter().for_each(|(target, _)| own(target)),
            Stmt::Set(it) => own(&it.target),
            _ => {}
        }
        bodies(statement).into_iter().flatten().for_each(|statement| self.collect_names(statement));
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Verdict {
        match statement {
            Stmt::Template(_) | Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(it) => self.expression(&it.expr)?,
            Stmt::IfCond(it) => self.expression(&it.expr)?,
            Stmt::ForLoop(it) if it.recursive => {
                return Err(not_available(it.span(), message!("template-recursive-loops")));
            }
            Stmt::ForLoop(it) => {
                target(&it.target)?;
                self.expression(&it.iter)?;
                self.optional(it.filter_expr.as_ref())?;
            }
            Stmt::WithBlock(it) => {
                for (name, value) in &it.assignments {
                    target(name)?;
                    self.expression(value)?;
                }
            }
            Stmt::Set(it) => {
                target(&it.target)?;
                self.expression(&it.expr)?;
            }
            Stmt::SetBlock(it) => return Err(no_block(it.span(), "set")),
            Stmt::FilterBlock(it) => return Err(no_block(it.span(), "filter")),
            Stmt::AutoEscape(it) => return Err(no_block(it.span(), "autoescape")),
            Stmt::Do(it) => return Err(not_available(it.span(), message!("template-do-tags"))),
        }
        bodies(statement).into_iter().flatten().try_for_each(|statement| self.statement(statement))
    }

    fn optional(&mut self, expression: Option<&Expr<'_>>) -> Verdict {
        expression.map_or(Ok(()), |expression| self.expression(expression))
    }

    fn expression(&mut self, expression: &Expr<'_>) -> Verdict {
        let span = expression.span();
        match expression {
            Expr::Const(_) => Ok(()),
            Expr::Var(it) => self.variable(it.id, span),
            Expr::Slice(it) => {
                self.expression(&it.expr)?;
                [&it.start, &it.stop, &it.step].into_iter().try_for_each(|part| self.optional(part.as_ref()))
            }
            Expr::UnaryOp(it) => match it.op {
                UnaryOpKind::Not => self.expression(&it.expr),
                UnaryOpKind::Neg if matches!(it.expr, Expr::Const(_)) => Ok(()),
                UnaryOpKind::Neg => Err(not_available(span, message!("template-calculations"))),
            },
            // Other languages often join texts in this way.
            Expr::BinOp(it) if matches!(it.op, BinOpKind::Add) => {
                Err(not_available(span, message!("template-calculations-with-texts")))
            }
            Expr::BinOp(it) if is_calculation(it.op) => Err(not_available(span, message!("template-calculations"))),
            Expr::BinOp(it) => {
                self.expression(&it.left)?;
                self.expression(&it.right)
            }
            Expr::Compare(it) => {
                self.expression(&it.expr)?;
                it.ops.iter().try_for_each(|operand| self.expression(&operand.expr))
            }
            Expr::IfExpr(it) => {
                self.expression(&it.test_expr)?;
                self.expression(&it.true_expr)?;
                self.optional(it.false_expr.as_ref())
            }
            Expr::Filter(it) => self.filter(it, span),
            Expr::Test(it) => self.test(it, span),
            Expr::GetAttr(it) => self.expression(&it.expr),
            Expr::GetItem(it) => {
                self.expression(&it.expr)?;
                self.expression(&it.subscript_expr)
            }
            Expr::List(it) if it.items.iter().all(is_plain) => Ok(()),
            Expr::List(_) => Err(not_available(span, message!("template-lists"))),
            Expr::Tuple(_) => Err(not_available(span, message!("template-tuples"))),
            Expr::Map(_) => Err(not_available(span, message!("template-maps"))),
            Expr::Call(_) => Err(not_available(span, message!("template-calls"))),
        }
    }

    fn variable(&mut self, name: &str, span: Span) -> Verdict {
        if let Some(variable) = Variable::named(name) {
            self.mentions.insert(variable);
            return Ok(());
        }
        if self.own_names.contains(name) {
            return Ok(());
        }
        let known =
            Variable::ALL.iter().map(|variable| variable.name()).chain(self.own_names.iter().map(String::as_str));
        Err(at(span, suggesting(message!("template-no-variable", name = name.to_owned()), name, known)))
    }

    fn filter(&mut self, filter: &Filter<'_>, span: Span) -> Verdict {
        self.optional(filter.expr.as_ref())?;
        known_filter(filter.name, FILTERS, span)?;
        match filter.name {
            // A string names the filter or test for each item. It must be constant, so that it can be checked.
            "map" => match filter.args.first() {
                Some(CallArg::Pos(name)) => known_filter(&constant_text(name, span)?, MAPPED, span)?,
                _ => filter.args.iter().try_for_each(|argument| constant(argument, span))?,
            },
            "select" | "reject" => self.item_test(filter, 0, span)?,
            "selectattr" | "rejectattr" => self.item_test(filter, 1, span)?,
            _ => {}
        }
        self.arguments(&filter.args, span)
    }

    fn item_test(&mut self, filter: &Filter<'_>, position: usize, span: Span) -> Verdict {
        filter.args.iter().try_for_each(|argument| constant(argument, span))?;
        match filter.args.get(position) {
            Some(CallArg::Pos(name)) => known_test(&constant_text(name, span)?, span),
            _ => Ok(()),
        }
    }

    fn test(&mut self, test: &Test<'_>, span: Span) -> Verdict {
        self.expression(&test.expr)?;
        known_test(test.name, span)?;
        test.args.iter().try_for_each(|argument| constant(argument, span))
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>], span: Span) -> Verdict {
        arguments.iter().try_for_each(|argument| match argument {
            CallArg::Pos(value) | CallArg::Kwarg(_, value) => self.expression(value),
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                Err(not_available(span, message!("template-star-arguments")))
            }
        })
    }
}

fn no_block(span: Span, name: &'static str) -> Problem {
    not_available(span, message!("template-blocks", name = name))
}

/// The statements inside of a statement.
fn bodies<'a, 'source>(statement: &'a Stmt<'source>) -> Vec<&'a Vec<Stmt<'source>>> {
    match statement {
        Stmt::Template(it) => vec![&it.children],
        Stmt::ForLoop(it) => vec![&it.body, &it.else_body],
        Stmt::IfCond(it) => vec![&it.true_body, &it.false_body],
        Stmt::WithBlock(it) => vec![&it.body],
        _ => vec![],
    }
}

/// The target of an assignment: a single name, not a member.
fn target(expression: &Expr<'_>) -> Verdict {
    match expression {
        Expr::Var(_) => Ok(()),
        other => Err(not_available(other.span(), message!("template-several-parts"))),
    }
}

fn is_calculation(operator: BinOpKind) -> bool {
    use BinOpKind::{Div, FloorDiv, Mul, Pow, Rem, Sub};
    matches!(operator, Sub | Mul | Div | FloorDiv | Rem | Pow)
}

/// Whether it is a literal string or number.
fn is_plain(expression: &Expr<'_>) -> bool {
    matches!(expression, Expr::Const(_))
}

fn constant(argument: &CallArg<'_>, span: Span) -> Verdict {
    let is_constant = |value: &Expr<'_>| match value {
        Expr::List(list) => list.items.iter().all(is_plain),
        value => is_plain(value),
    };
    match argument {
        CallArg::Pos(value) | CallArg::Kwarg(_, value) if is_constant(value) => Ok(()),
        _ => Err(not_available(span, message!("template-arguments"))),
    }
}

fn constant_text(expression: &Expr<'_>, span: Span) -> Result<String, Problem> {
    let text = match expression {
        Expr::Const(value) => value.value.as_str().map(str::to_owned),
        _ => None,
    };
    text.ok_or_else(|| not_available(span, message!("template-names")))
}

fn known_filter(name: &str, all: &str, span: Span) -> Verdict {
    known(name, all, message!("template-no-filter", name = name.to_owned()), span)
}

fn known_test(name: &str, span: Span) -> Verdict {
    known(name, TESTS, message!("template-no-test", name = name.to_owned()), span)
}

/// Whether `name` is one of the words of `all`. `unknown` is the message if it is not.
fn known(name: &str, all: &str, unknown: Message, span: Span) -> Verdict {
    let mut all = all.split_whitespace();
    if all.clone().any(|known| known == name) { Ok(()) } else { Err(at(span, suggesting(unknown, name, &mut all))) }
}
