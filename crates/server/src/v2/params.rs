//! The parameters of paths and queries, for the `OpenAPI` description.

#![expect(dead_code, reason = "these describe parameters that are parsed elsewhere")]

use utoipa::IntoParams;

/// The page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct List {
    /// Items on a page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    /// The token of the page, from the `next` of the page before.
    page_token: Option<String>,
}

/// A search.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Searched {
    /// The search query. Cannot be combined with a page token, an order or a time.
    #[param(max_length = 200)]
    search: Option<String>,
}

/// The order of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Sorted {
    /// `created_at` or `updated_at`.
    #[param(pattern = "^(created_at|updated_at)$")]
    sort_by: Option<String>,
    /// `asc` or `desc`.
    #[param(pattern = "^(asc|desc)$")]
    sort_order: Option<String>,
}

/// The order of conversations.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SortedByDate {
    /// `date`.
    #[param(pattern = "^date$")]
    sort_by: Option<String>,
    /// `asc` or `desc`.
    #[param(pattern = "^(asc|desc)$")]
    sort_order: Option<String>,
}

/// The time of the last change.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Updated {
    /// Only contacts changed after this time, in Unix seconds.
    #[param(rename = "q[updated_after]")]
    updated_after: Option<f64>,
    /// Only contacts changed before this time, in Unix seconds.
    #[param(rename = "q[updated_before]")]
    updated_before: Option<f64>,
}

/// The statuses of conversations.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Statuses {
    /// `assigned`, `unassigned`, `archived`, `trashed` or `deleted`; may be repeated.
    #[param(rename = "q[statuses][]")]
    statuses: Option<Vec<String>>,
}

/// Two records of a contact.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Explained {
    /// The id of the other record.
    other: Option<String>,
    /// Instead of `other`: a source and a value, such as `email:bruce@wayne.inc`. Send it twice. A `+` is sent as `%2B`.
    handle: Option<Vec<String>>,
}

/// Which handles a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Marked {
    /// `shared`, `shared_by_evidence`, `blocked` or `personal`.
    #[param(pattern = "^(shared|shared_by_evidence|blocked|personal)$")]
    status: String,
}

macro_rules! path {
    ($(#[$doc:meta])* $name:ident, $parameter:ident, $($about:tt)*) => {
        $(#[$doc])*
        #[derive(IntoParams)]
        #[into_params(parameter_in = Path)]
        pub struct $name {
            #[doc = $($about)*]
            $parameter: String,
        }
    };
}

path!(/// A contact.
    ContactPath, contact_id, "The contact's id, or `alt:` with a source and a handle, such as `alt:email:bruce@wayne.inc`.");
path!(/// A list.
    ListPath, contact_list_id, "The list's id.");
path!(/// A list, under its older name.
    GroupPath, contact_group_id, "The list's id.");
path!(/// An account.
    AccountPath, account_id, "The account's id, `alt:domain:` with a domain, or `alt:ext_id:` with its external id.");
path!(/// A team.
    TeamPath, team_id, "The team's id.");
path!(/// A teammate.
    TeammatePath, teammate_id, "The teammate's id, or `alt:email:` with their e-mail address.");
path!(/// A channel.
    ChannelPath, channel_id, "The channel's id, or `alt:address:` with its address.");
path!(/// An inbox.
    InboxPath, inbox_id, "The inbox's id.");
path!(/// A conversation.
    ConversationPath, conversation_id, "The conversation's id.");
path!(/// A search of conversations.
    QueryPath, query, "Words and filters, such as `cat from:selina@gotham.org`.");
path!(/// A message.
    MessagePath, message_id, "The message's id, or `alt:uid:` with its uid.");

/// A handle in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub struct HandlePath {
    /// A source and a value, such as `phone:+16505550100`.
    handle: String,
}
