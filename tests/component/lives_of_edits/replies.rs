//! The ways in which models return the same code.

use fastrand::Rng;

use super::code::{Source, pick};

pub fn random(dice: &mut Rng, source: &Source) -> String {
    let code = match &source.at_the_margin {
        // As in the file, with whole lines or from the selection's start; or at the margin.
        Some(margin) => match dice.u8(0..3) {
            0 => margin.clone(),
            1 => format!("{}{}", source.in_front, source.new_code),
            _ => source.new_code.clone(),
        },
        None => source.new_code.clone(),
    };
    let code = code.replace("\r\n", "\n");
    let code = code.trim_end_matches('\n');
    let fence = pick(dice, &["```", "````", "~~~~"]);
    let info = pick(dice, &["", "rust", "rust,ignore"]);
    let reply = match dice.u8(0..5) {
        0 => code.to_owned(),
        1 => format!("{code}\n"),
        2 => format!("{fence}{info}\n{code}\n{fence}\n"),
        3 => format!("Here is the code:\n\n{fence}{info}\n{code}\n{fence}\n\nIt is shorter than before.\n"),
        _ => format!("<code>\n{code}\n</code>\n"),
    };
    if dice.u8(0..4) == 0 { reply.replace('\n', "\r\n") } else { reply }
}
