//! What of a contact is found by its words.

use contact::Contact;

/// All that a search looks at, as one text.
pub fn text(contact: &Contact) -> String {
    let mut text = contact.name.as_str().to_owned();
    for handle in &contact.handles {
        text.push(' ');
        text.push_str(handle.text());
        text.push(' ');
        text.push_str(handle.key().as_str());
    }
    text.push(' ');
    text.push_str(contact.description.as_str());
    text
}
