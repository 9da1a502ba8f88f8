//! Finding contacts by what they are indexed with: among those that were changed last, or by the index of all.
//!
//! An index of this kind finds all that are like what is looked for before one of them is known to be the latest. That is
//! good for what few are; where many are, the latest of them are met soon on a walk.

mod follow;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use contact::{CompanyId, ContactId};
use futures_util::future::try_join;
use tokio_postgres::types::ToSql;

use super::Postgres;
use super::connect::Pool;
use super::load::{company, limit, number, stored};
use crate::search::{Found, Query, Tier, Word};
use crate::{Error, record};
pub use follow::{FORGET, FORGET_ALL, PROGRESS, catch_up, forget, insert, progress, reader};

/// How many of the latest contacts are looked at first.
const RECENT: usize = 1_000;
/// What so many of these are is rare enough for the index.
const RARE: usize = 5;

impl Postgres {
    /// At most `most` of the contacts that are what is looked for.
    pub(super) async fn find(&self, id: CompanyId, query: &Query, most: usize) -> Result<Found, Error> {
        let (progress, ids) = try_join(progress(&self.pool, id), find(&self.pool, id, query, most)).await?;
        let view = self.whole(id, &ids).await?;
        let shown = ids.into_iter().filter_map(|id| view.contact(id).filter(|person| person.id == id));
        // As they are now: the index may be behind.
        let mut people: Vec<_> = shown.filter_map(|person| Some((query.tier(&person)?, person))).collect();
        people.sort_by(|(one, a), (other, b)| one.cmp(other).then(b.changed.cmp(&a.changed)).then(b.id.cmp(&a.id)));
        Ok(Found {
            people: people.into_iter().map(|(_, person)| person).collect(),
            is_complete: progress.is_complete(),
        })
    }
}

async fn find(pool: &Pool, id: CompanyId, query: &Query, most: usize) -> Result<Vec<ContactId>, Error> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let recent = Statement::recent(query).rows(pool, id, RECENT).await?;
    let recent: Vec<(ContactId, usize)> =
        recent.iter().map(|row| Ok((row.0, row.1.unwrap_or_default()))).collect::<Result<_, Error>>()?;
    if recent.len() <= RARE {
        let rows = Statement::best(query).rows(pool, id, most).await?;
        return Ok(rows.into_iter().map(|(contact, _)| contact).collect());
    }
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for (n, tier) in query.tiers().iter().copied().enumerate() {
        let latest = recent.iter().filter(|(_, tier)| *tier == n).map(|(contact, _)| *contact);
        let latest: Vec<ContactId> = latest.take(most - found.len()).collect();
        if found.len() + latest.len() == most {
            found.extend(latest);
            break;
        }
        let so_good = recent.iter().filter(|(_, tier)| *tier <= n).count();
        let statement = if so_good <= RARE { Statement::all(query, tier) } else { Statement::latest(query, tier) };
        // Those of the better tiers are among them.
        let rows = statement.rows(pool, id, most).await?;
        found.extend(rows.into_iter().map(|(contact, _)| contact).filter(|contact| seen.insert(*contact)));
        found.truncate(most);
        if found.len() == most {
            break;
        }
    }
    Ok(found)
}

/// The statements that searches are made of.
pub fn statements(query: &Query) -> Vec<String> {
    let each = |tier: &Tier| [Statement::all(query, *tier), Statement::latest(query, *tier)];
    let tiers = query.tiers().iter().flat_map(each);
    tiers.chain([Statement::recent(query), Statement::best(query)]).map(|statement| statement.sql).collect()
}

/// A statement, and what follows the company, the limit and the owner in its parameters.
struct Statement {
    sql: String,
    owner: Option<i64>,
    texts: Vec<String>,
}

impl Statement {
    /// How good each of the latest is.
    fn recent(query: &Query) -> Statement {
        Statement::of(query, |texts| {
            let (tier, _) = tiers(query, texts);
            format!(
                "SELECT contact, tier FROM (
                     SELECT contact, {tier} AS tier FROM (
                         SELECT contact, name, words, handles FROM search WHERE company = $1 AND (owner IS NULL OR owner = $3)
                         ORDER BY changed DESC, contact DESC LIMIT $2
                     ) AS recent
                 ) AS found WHERE tier IS NOT NULL"
            )
        })
    }

    /// The best of all.
    fn best(query: &Query) -> Statement {
        Statement::of(query, |texts| {
            let (tier, any) = tiers(query, texts);
            // The planner would rather walk through all contacts from the latest on, in the hope to meet enough soon.
            format!(
                "WITH found AS MATERIALIZED (
                     SELECT contact, changed, {tier} AS tier FROM search
                     WHERE company = $1 AND (owner IS NULL OR owner = $3) AND ({any})
                 )
                 SELECT contact, tier FROM found ORDER BY tier, changed DESC, contact DESC LIMIT $2"
            )
        })
    }

    /// The latest of those that are so good or better, of which there are few.
    fn all(query: &Query, tier: Tier) -> Statement {
        Statement::of(query, |texts| {
            let condition = condition(query, tier, texts);
            format!(
                "WITH found AS MATERIALIZED (
                     SELECT contact, changed FROM search
                     WHERE company = $1 AND (owner IS NULL OR owner = $3) AND ({condition})
                 )
                 SELECT contact, NULL::integer FROM found ORDER BY changed DESC, contact DESC LIMIT $2"
            )
        })
    }

    /// The same, where there are many.
    fn latest(query: &Query, tier: Tier) -> Statement {
        Statement::of(query, |texts| {
            let condition = condition(query, tier, texts);
            // The offset keeps the planner from using the index of all.
            format!(
                "SELECT contact, NULL::integer FROM (
                     SELECT contact, name, words, handles FROM search WHERE company = $1 AND (owner IS NULL OR owner = $3)
                     ORDER BY changed DESC, contact DESC OFFSET 0
                 ) AS latest WHERE {condition} LIMIT $2"
            )
        })
    }

    fn of(query: &Query, write: impl FnOnce(&mut Vec<String>) -> String) -> Statement {
        let mut texts = Vec::new();
        let sql = write(&mut texts);
        Statement { sql, owner: query.owner.map(|owner| stored(owner.number())), texts }
    }

    async fn rows(&self, pool: &Pool, id: CompanyId, most: usize) -> Result<Vec<(ContactId, Option<usize>)>, Error> {
        let (id, most) = (company(id), limit(most));
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&id, &most, &self.owner];
        parameters.extend(self.texts.iter().map(|text| text as &(dyn ToSql + Sync)));
        let rows = pool.query(&self.sql, &parameters).await?;
        let row = |row| {
            let tier: Option<i32> = tokio_postgres::Row::try_get(row, 1)?;
            Ok((record::contact_id(number(row, 0)?)?, tier.and_then(|tier| usize::try_from(tier).ok())))
        };
        rows.iter().map(row).collect()
    }
}

/// How good a contact is, counted from 0, and whether it is at all.
fn tiers(query: &Query, texts: &mut Vec<String>) -> (String, String) {
    let mut case = "CASE".to_owned();
    let mut last = String::new();
    for (n, tier) in query.tiers().iter().enumerate() {
        last = condition(query, *tier, texts);
        write!(case, " WHEN {last} THEN {n}").expect("a text takes everything");
    }
    (case + " END", last)
}

/// What of a term must be found: each word, one of its forms, or either.
#[derive(Clone, Copy)]
enum Of {
    Words,
    Forms,
    Either,
}

/// Whether a contact is so good or better. What is compared is added to the texts.
fn condition(query: &Query, tier: Tier, texts: &mut Vec<String>) -> String {
    let mut add = |text: String| {
        let known = texts.iter().position(|known| *known == text);
        let at = known.unwrap_or_else(|| {
            texts.push(text);
            texts.len() - 1
        });
        format!("${}", at + 4)
    };
    // What is folded is letters, digits and spaces, so there is nothing in it that stands for something else in a pattern.
    let mut like = |column: &str, part: &str| format!("{column} LIKE {}", add(format!("%{part}%")));
    let mut terms = |column: &str, of: Of, part: fn(&Word) -> &str| {
        let terms = query.terms.iter().map(|term| {
            let mut all = |words: &[Word], between| {
                words.iter().map(|word| like(column, part(word))).collect::<Vec<_>>().join(between)
            };
            match of {
                Of::Words => all(&term.words, " AND "),
                Of::Forms => format!("({})", all(&term.forms, " OR ")),
                Of::Either => format!("({} OR {})", all(&term.forms, " OR "), all(&term.words, " AND ")),
            }
        });
        terms.collect::<Vec<_>>().join(" AND ")
    };
    match tier {
        Tier::Whole => {
            let words = terms("name", Of::Words, Word::whole);
            let handles: Vec<String> = query.handles().map(|handle| add(handle.to_owned())).collect();
            format!("({words} OR handles && ARRAY[{}])", handles.join(", "))
        }
        Tier::Name => terms("name", Of::Words, Word::start),
        Tier::Start => terms("words", Of::Forms, Word::start),
        Tier::Part | Tier::Apart => {
            let of = if tier == Tier::Apart { Of::Either } else { Of::Forms };
            let words = terms("words", of, Word::loosest);
            match query.phrase() {
                Some(phrase) => format!("({words} OR {})", like("words", phrase)),
                None => words,
            }
        }
    }
}
