//! Where an answer is shown: a pure function of the client's capabilities and the user's settings.

use crate::config::AnswerSurface;
use crate::server::wire::ClientProfile;

/// A place for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// A document of the scheme [`SCHEME`](crate::server::wire::capabilities::SCHEME). The client requests its text.
    Virtual,
    /// A Markdown file. If the client applies edits, it is opened at the first words and the rest is inserted by edits.
    /// Otherwise it is opened once the answer is complete.
    File,
    /// A message, once the answer is complete.
    Message,
}

/// The surfaces to try, the best one first. The last one cannot fail.
pub(crate) fn choose(profile: &ClientProfile, setting: AnswerSurface) -> Vec<Surface> {
    let may = |surface: Surface| match (setting, surface) {
        (AnswerSurface::Auto | AnswerSurface::Virtual, _) | (_, Surface::Message) => true,
        (AnswerSurface::File, _) => surface != Surface::Virtual,
        (AnswerSurface::Message, _) => false,
    };
    let can = |surface: Surface| match surface {
        Surface::Virtual => profile.show_document && profile.virtual_documents,
        Surface::File => profile.show_document,
        Surface::Message => true,
    };
    [Surface::Virtual, Surface::File, Surface::Message]
        .into_iter()
        .filter(|surface| may(*surface) && can(*surface))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_setting_is_followed_as_far_as_the_client_can() {
        use Surface::{File, Message, Virtual};
        for (virtual_documents, show_document, setting, expected) in [
            (true, true, AnswerSurface::Auto, vec![Virtual, File, Message]),
            (false, true, AnswerSurface::Auto, vec![File, Message]),
            (true, false, AnswerSurface::Auto, vec![Message]),
            (true, true, AnswerSurface::File, vec![File, Message]),
            (false, true, AnswerSurface::Virtual, vec![File, Message]),
            (false, false, AnswerSurface::File, vec![Message]),
            (true, true, AnswerSurface::Message, vec![Message]),
        ] {
            let mut profile = ClientProfile::from_initialize(&json!({ "capabilities": {} }));
            (profile.virtual_documents, profile.show_document) = (virtual_documents, show_document);
            assert_eq!(choose(&profile, setting), expected, "{virtual_documents}, {show_document}, {setting:?}");
        }
    }
}
