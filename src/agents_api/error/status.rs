//! What the status of an error says.

/// Whether a status says that the same request may succeed later: a timeout, or an error of the server.
pub(in crate::agents_api) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 500..=599)
}

/// Whether the service no longer knows the conversation to continue.
pub(super) fn is_conversation_gone(status: Option<u16>, code: Option<&str>, details: &str) -> bool {
    let code = code.unwrap_or_default().to_lowercase();
    let text = format!("{code} {}", details.to_lowercase());
    let is_about_one = ["conversation", "conversa", "conversação"].iter().any(|word| text.contains(word));
    const GONE: &str = "not found,not_found,notfound,not exist,no longer,unknown,expired,invalid,gone,\
        não encontrad,nao encontrad,não existe,inexistente,expirou,expirad,inválid";
    let is_refused = matches!(status, None | Some(400..=499));
    is_refused && is_about_one && (matches!(status, Some(404 | 410)) || GONE.split(',').any(|word| text.contains(word)))
}
