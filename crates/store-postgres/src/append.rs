//! Appending to the journal and updating the views, in as few statements as there are tables.

use crate::error::Result;
use crate::load::Loaded;
use crate::pipeline::Pipeline;
use crate::{accounts, contacts, conversations, groups, handles, history, journal, settings};

/// The statements that write a batch, those that insert with four rows.
pub fn statements() -> Vec<String> {
    let inserts = [
        &journal::ENTRY,
        &contacts::NEW,
        &contacts::ANY,
        &contacts::NAME,
        &handles::NEW,
        &handles::ANY,
        &handles::OTHER,
        &history::ENTRY,
        &history::NOTE,
        &groups::JOIN,
        &conversations::CONVERSATION,
        &conversations::REFERENCE,
        &conversations::MESSAGE,
        &accounts::ACCOUNT,
        &accounts::ALIAS,
    ];
    let others = [
        handles::RELEASE,
        handles::DELETE_OTHER,
        groups::LEAVE,
        contacts::DELETE,
        contacts::DELETE_NAME,
        settings::SET,
        history::ADD_PICTURE,
        conversations::ADD_ATTACHMENT,
        accounts::DELETE,
        accounts::DELETE_ALIASES,
        journal::SET_ENDS,
    ];
    inserts.iter().map(|insert| insert.example()).chain(others).map(str::to_owned).collect()
}

/// Adds the statements that store all that a batch changed.
pub async fn append<'a>(pipeline: &mut Pipeline<'a>, loaded: &'a Loaded) -> Result<()> {
    let Loaded { batch, before } = loaded;
    if batch.changes.entries.is_empty() {
        return Ok(());
    }
    journal::append(pipeline, batch).await?;
    contacts::append(pipeline, batch).await?;
    handles::append(pipeline, batch, before).await?;
    history::append(pipeline, batch).await?;
    groups::append(pipeline, batch).await?;
    settings::append(pipeline, batch).await?;
    accounts::append(pipeline, batch).await?;
    conversations::append(pipeline, batch).await?;
    history::append_pictures(pipeline, &batch.contents).await?;
    pipeline.add(journal::SET_ENDS, journal::ends_row(&batch.view)).await
}
