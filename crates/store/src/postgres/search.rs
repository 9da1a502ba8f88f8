//! Finding contacts by what they are indexed with: among those that were changed last, or by the index of all.
//!
//! An index of this kind finds all that are like what is looked for before one of them is known to be the latest. That is
//! good for what few are; where many are, the latest of them are met soon on a walk. Which it is, a sample tells.

mod follow;
mod sample;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use contact::{CompanyId, ContactId};
use futures_util::future::try_join;
use tokio_postgres::types::{ToSql, Type};

use super::Postgres;
use super::connect::Pool;
use super::load::{company, limit, number, stored};
use crate::search::{Found, Query, Term, Tier, Word};
use crate::{Error, record};
pub use follow::{FORGET, FORGET_ALL, PROGRESS, catch_up, forget, insert, progress, reader};
use sample::Sample;
pub use sample::{SAMPLE, Samples};

/// What one of so many is, or fewer, is rare enough for the index: of a million contacts, three thousand are read from it in the time
/// in which a walk meets fifty of them.
const RARE: usize = 320;
/// How many of the latest contacts are looked at for each that is asked for, before the index is asked after all.
const WALK: usize = 400;
/// How many contacts are read from the index before it is asked for those of one tier alone, or a walk is tried: a sample may be
/// unlike the others.
const FEW: i64 = 5_000;

/// The ways in which something is found, each with all that it needs.
type Ways<'a> = Vec<Vec<&'a str>>;

impl Postgres {
    /// At most `most` of the contacts that are what is looked for.
    pub(super) async fn find(&self, id: CompanyId, query: &Query, most: usize) -> Result<Found, Error> {
        let samples = &self.at_hand.samples;
        let sample = samples.of(&self.pool, id).await?;
        let (progress, ids) = try_join(progress(&self.pool, id), find(&self.pool, id, query, &sample, most)).await?;
        samples.forget_old(id, progress.done);
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

async fn find(
    pool: &Pool,
    id: CompanyId,
    query: &Query,
    sample: &Sample,
    most: usize,
) -> Result<Vec<ContactId>, Error> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let tiers = query.tiers();
    let contacts = |rows: Vec<Row>| rows.into_iter().filter(|row| row.is_found).map(|row| row.contact).collect();
    let few = async |tiers| {
        let rows = Statement::few(id, query, tiers, sample).rows(pool, most).await?;
        let are_few = rows.iter().all(|row| row.of < FEW);
        Ok::<_, Error>(are_few.then(|| contacts(rows)))
    };
    let met = sample.tiers(query);
    let count = |tier: &Tier| met.iter().filter(|met| *met <= tier).count();
    let rare = tiers.iter().take_while(|tier| count(tier) * RARE <= sample.len()).count();
    let at_once = if rare > 0 { few(&tiers[..rare]).await? } else { None };
    let looked_for = if at_once.is_some() { rare } else { 0 };
    let mut found: Vec<ContactId> = at_once.unwrap_or_default();
    for (n, tier) in tiers.iter().enumerate().skip(looked_for) {
        if found.len() == most {
            break;
        }
        // Those of the better tiers are among them.
        if n < rare
            && let Some(few) = few(&tiers[..=n]).await?
        {
            found = few;
            continue;
        }
        let latest = Statement::latest(id, query, *tier).rows(pool, most).await?;
        if latest.len() < most {
            found = contacts(Statement::best(id, query, &tiers[..=n]).rows(pool, most).await?);
            continue;
        }
        let seen: BTreeSet<ContactId> = found.iter().copied().collect();
        found.extend(latest.into_iter().map(|row| row.contact).filter(|contact| !seen.contains(contact)));
        found.truncate(most);
        break;
    }
    Ok(found)
}

/// A contact that was looked at.
struct Row {
    contact: ContactId,
    /// Whether it is what is looked for.
    is_found: bool,
    /// Of how many it is one, if that was asked.
    of: i64,
}

/// The statements that searches are made of.
pub fn statements(id: CompanyId, query: &Query) -> Vec<String> {
    let tiers = query.tiers();
    let each = |n: usize| {
        let best =
            [Statement::few(id, query, &tiers[..=n], &Sample::default()), Statement::best(id, query, &tiers[..=n])];
        best.into_iter().chain([Statement::latest(id, query, tiers[n])])
    };
    (0..tiers.len()).flat_map(each).map(|statement| statement.sql).collect()
}

/// Whether a contact is the whole company's, or who asks has it for their own.
const OWN: &str = "(owner IS NULL OR owner = $2)";

/// A statement that is planned each time, and what follows the limit and the owner in its parameters.
///
/// What is the best way to go depends on how many contacts there are, and a plan that is kept may be from when there were few: gathering
/// statistics does not always end it. So the company is written out too, because those of one company may be a hundred and those of
/// another a million.
struct Statement {
    sql: String,
    owner: Option<i64>,
    texts: Vec<String>,
}

impl Statement {
    /// The best of those that are so good.
    fn best(id: CompanyId, query: &Query, tiers: &[Tier]) -> Statement {
        Statement::sorted(id, query, tiers, "ALL", |tier, texts| condition(query, &terms(query, tier), tier, texts))
    }

    /// The same, unless too many must be looked at to know.
    fn few(id: CompanyId, query: &Query, tiers: &[Tier], sample: &Sample) -> Statement {
        Statement::sorted(id, query, tiers, &FEW.to_string(), |tier, texts| {
            condition(query, &sample.rarest(terms(query, tier), tier), tier, texts)
        })
    }

    /// The best of so many who may be good by what is asked of the index for the last tier.
    fn sorted(
        id: CompanyId,
        query: &Query,
        tiers: &[Tier],
        of: &str,
        asked: impl FnOnce(Tier, &mut Vec<String>) -> String,
    ) -> Statement {
        Statement::of(id, query, |whose, texts| {
            let mut case = "CASE".to_owned();
            for (n, tier) in tiers.iter().enumerate() {
                let condition = condition(query, &terms(query, *tier), *tier, texts);
                write!(case, " WHEN {condition} THEN {n}").expect("a text takes everything");
            }
            let asked = tiers.last().map_or_else(|| "false".to_owned(), |last| asked(*last, texts));
            // The planner would rather walk through all contacts from the latest on, in the hope to meet enough soon.
            format!(
                "WITH found AS MATERIALIZED (
                     SELECT contact, changed, {case} END AS tier FROM search WHERE {whose} AND {OWN} AND ({asked})
                 )
                 SELECT contact, tier IS NOT NULL, count(*) OVER () FROM (SELECT * FROM found LIMIT {of}) AS those
                 ORDER BY tier, changed DESC, contact DESC LIMIT $1"
            )
        })
    }

    /// The latest of those that are so good or better, if they are met soon.
    fn latest(id: CompanyId, query: &Query, tier: Tier) -> Statement {
        Statement::of(id, query, |whose, texts| {
            let condition = condition(query, &terms(query, tier), tier, texts);
            // With a limit that it does not know, and nothing else to make it think of few, the planner does not sort all first.
            format!(
                "SELECT contact, true, 0::bigint FROM (
                     SELECT contact, owner, name, words, handles FROM search WHERE {whose}
                     ORDER BY changed DESC, contact DESC LIMIT {WALK}::bigint * $1
                 ) AS latest WHERE {OWN} AND {condition} LIMIT $1"
            )
        })
    }

    fn of(id: CompanyId, query: &Query, write: impl FnOnce(&str, &mut Vec<String>) -> String) -> Statement {
        let whose = format!("company = {}::bigint", company(id));
        let mut texts = Vec::new();
        let sql = write(&whose, &mut texts);
        Statement { sql, owner: query.owner.map(|owner| stored(owner.number())), texts }
    }

    async fn rows(&self, pool: &Pool, most: usize) -> Result<Vec<Row>, Error> {
        let most = limit(most);
        let mut parameters: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&most, Type::INT8), (&self.owner, Type::INT8)];
        parameters.extend(self.texts.iter().map(|text| (text as &(dyn ToSql + Sync), Type::TEXT)));
        let rows = pool.query_anew(&self.sql, &parameters).await?;
        let row = |row: &tokio_postgres::Row| {
            Ok(Row { contact: record::contact_id(number(row, 0)?)?, is_found: row.try_get(1)?, of: row.try_get(2)? })
        };
        rows.iter().map(row).collect()
    }
}

/// What must be found for a contact to be so good or better.
fn terms(query: &Query, tier: Tier) -> Vec<Ways<'_>> {
    let part: fn(&Word) -> &str = match tier {
        Tier::Whole => Word::whole,
        Tier::Name | Tier::Start => Word::start,
        Tier::Part | Tier::Apart => Word::loosest,
    };
    let mut terms: Vec<Ways> = query.terms.iter().map(|term| needed(ways(term, tier, part))).collect();
    // An index meets those that the first has, and asks the others about each: so the rarest come first, which long ones
    // and numbers mostly are.
    let is_rare = |part: &&str| (part.contains(|c: char| c.is_ascii_digit()), part.len());
    for way in terms.iter_mut().flatten() {
        way.sort_by_key(|part| std::cmp::Reverse(is_rare(part)));
    }
    terms.sort_by_key(|ways| std::cmp::Reverse(ways.iter().map(|way| way.first().map(is_rare)).min()));
    terms
}

/// Whether a contact has all terms, or is so good without them. What is compared is added to the texts.
fn condition(query: &Query, terms: &[Ways], tier: Tier, texts: &mut Vec<String>) -> String {
    let mut add = |text: String| {
        let known = texts.iter().position(|known| *known == text);
        let at = known.unwrap_or_else(|| {
            texts.push(text);
            texts.len() - 1
        });
        format!("${}", at + 3)
    };
    let column = if tier <= Tier::Name { "name" } else { "words" };
    // What is folded is letters, digits and spaces, so there is nothing in it that stands for something else in a pattern.
    let mut like = |part: &str| format!("{column} LIKE {}", add(format!("%{part}%")));
    let mut way = |parts: &Vec<&str>| parts.iter().map(|part| like(part)).collect::<Vec<_>>().join(" AND ");
    let mut term = |ways: &Ways| format!("({})", ways.iter().map(&mut way).collect::<Vec<_>>().join(" OR "));
    let terms = terms.iter().map(&mut term).collect::<Vec<_>>().join(" AND ");
    let phrase = query.phrase().filter(|_| matches!(tier, Tier::Part | Tier::Apart));
    match tier {
        Tier::Whole | Tier::Name => {
            let handles: Vec<String> = query.handles().map(|handle| add(handle.to_owned())).collect();
            format!("({terms} OR handles && ARRAY[{}])", handles.join(", "))
        }
        _ => match phrase {
            Some(phrase) => format!("({terms} OR words LIKE {})", add(format!("%{phrase}%"))),
            None => terms,
        },
    }
}

/// The ways in which a term is found, each with all that it needs.
fn ways(term: &Term, tier: Tier, part: fn(&Word) -> &str) -> Ways<'_> {
    let words = || term.words.iter().map(part).collect();
    let forms = || term.forms.iter().map(|form| vec![part(form)]);
    match tier {
        Tier::Whole | Tier::Name => vec![words()],
        Tier::Start | Tier::Part => forms().collect(),
        Tier::Apart => forms().chain([words()]).collect(),
    }
}

/// Those of some ways that do not lead to what another finds anyway: all that the other needs is a part of what they need.
fn needed(ways: Ways<'_>) -> Ways<'_> {
    let is_in = |other: &[&str], way: &[&str]| other.iter().all(|part| way.iter().any(|whole| whole.contains(part)));
    let mut needed: Ways = Vec::new();
    for way in ways {
        if !needed.iter().any(|other| is_in(other, &way)) {
            needed.retain(|other| !is_in(&way, other));
            needed.push(way);
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_in_another_way_is_not_asked_for() {
        assert_eq!(needed(vec![vec!["19374489560"], vec!["9374489560"]]), [["9374489560"]]);
        assert_eq!(needed(vec![vec!["937", "448"], vec!["937448"], vec!["937 448"]]), [["937", "448"]]);
        assert_eq!(needed(vec![vec![" 93"], vec!["93 4"]]), [[" 93"], ["93 4"]], "not where a word begins");
        assert_eq!(needed(vec![vec!["a"], vec!["a"]]), [["a"]]);
    }
}
