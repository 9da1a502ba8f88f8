//! Finding contacts by their tokens, span by span, so that the latest of those who are so good are met first.

mod index;
mod sample;
mod span;

use contact::{CompanyId, ContactId};
use futures_util::future::try_join;
use search::tokens::{self, TokenQuery, TokenSet};
use search::{Query, SearchableText, Term, Tier, TopMatches, Word};
use store::Found;
use tokio_postgres::types::{ToSql, Type};

use crate::codec::{company, contact_id, limit, stored};
use crate::connect::Pool;
use crate::contacts;
use crate::error::{Error, Result};
pub use index::{catch_up, forget, progress, reader};
pub use sample::Samples;
use sample::{Sample, Ways};

/// How many of the latest contacts are looked at before anything else: what many are is met there.
const LATEST: usize = 1_000;

/// At most `limit` of the contacts that match a query, the best match first.
pub async fn find(pool: &Pool, samples: &Samples, id: CompanyId, query: &Query, limit: usize) -> Result<Found> {
    let sample = samples.of(pool, id).await?;
    let (progress, ids) = try_join(progress(pool, id), matches(pool, id, query, &sample, limit)).await?;
    samples.forget_old(id, progress.done);
    let view = contacts::persons(pool, id, &ids).await?;
    let persons = ids.into_iter().filter_map(|id| view.contact(id).filter(|person| person.id == id));
    // The index may be behind, so the contacts are matched as they are now.
    let mut matches: Vec<_> = persons.filter_map(|person| Some((query.tier(&person)?, person))).collect();
    matches.sort_by(|(one, a), (other, b)| one.cmp(other).then(b.changed.cmp(&a.changed)).then(b.id.cmp(&a.id)));
    let contacts = matches.into_iter().map(|(_, person)| person).collect();
    Ok(Found { contacts, is_complete: progress.is_complete() })
}

async fn matches(pool: &Pool, id: CompanyId, query: &Query, sample: &Sample, most: usize) -> Result<Vec<ContactId>> {
    let asked = |tier| Asked::of(id, query, tier, sample);
    let mut best = TopMatches::of(query, most);
    if let Some((tier, _)) = best.next_request()
        && sample.of(LATEST, &asked(tier).terms) >= most
    {
        best.preload(Statement::latest(id, query).rows(pool, query, LATEST).await?);
    }
    while let Some((tier, most)) = best.next_request() {
        let latest = Statement::spans(id, query, tier, &asked(tier)).rows(pool, query, most).await?;
        let is_exhausted = latest.len() < most;
        best.add(latest, is_exhausted);
    }
    Ok(best.finish())
}

/// The statements that searches are made of.
pub fn statements(id: CompanyId, query: &Query) -> Vec<String> {
    let of = |tier| Statement::spans(id, query, tier, &Asked::of(id, query, tier, &Sample::default()));
    let spans = query.tiers().iter().map(|tier| of(*tier));
    spans.chain([Statement::latest(id, query)]).map(|statement| statement.sql).collect()
}

/// What else is asked of the index, and what it is written with.
pub fn upkeep() -> Vec<String> {
    let kept = index::statements().into_iter().chain(span::STATEMENTS).map(str::to_owned);
    kept.chain([sample::statement()]).collect()
}

/// How often the index is asked the same: the planner knows nothing of the tokens, and thinks of one contact in two hundred, each time.
/// It is to think of so few that it does not look for all of the company beside them, once for each span.
const SAID: usize = 3;
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
    /// Those of the latest contacts, as many as are asked for, that are what is looked for.
    fn latest(id: CompanyId, query: &Query) -> Statement {
        Statement::of(id, query, |whose, texts| {
            let is_any = query.tiers().last().map_or_else(|| "false".to_owned(), |last| condition(query, *last, texts));
            format!(
                "SELECT contact, words FROM (
                     SELECT contact, owner, words FROM search WHERE {whose}
                     ORDER BY span DESC, changed DESC, contact DESC LIMIT $1
                 ) AS latest WHERE {OWN} AND {is_any}"
            )
        })
    }

    /// The latest of those that are of a tier or a better one, as many as are asked for or all that there are: span by span, until there
    /// are enough. To stop in time is up to the statement: a limit alone reads a span more, the largest of them, to know that it has ended.
    fn spans(id: CompanyId, query: &Query, of: Tier, asked: &Asked) -> Statement {
        Statement::of(id, query, |whose, texts| {
            let (asked, condition) = (asked.sql(), condition(query, of, texts));
            let (salt, last) = (span::SALT, i64::MAX);
            // Who has the tokens is found first: the planner would rather walk through a span from the latest on, in the hope to meet
            // enough soon.
            format!(
                "WITH RECURSIVE spans (span, many, contacts, words) AS (
                     SELECT {last}, 0::bigint, NULL::bigint[], NULL::text[] COLLATE \"C\"
                     UNION ALL
                     SELECT before.span, spans.many + those.many, those.contacts, those.words FROM spans, LATERAL (
                         SELECT span, {salt} AS salt FROM search_span WHERE {whose} AND span < spans.span
                         ORDER BY span DESC LIMIT 1
                     ) AS before, LATERAL (
                         SELECT count(*) AS many, array_agg(contact ORDER BY changed DESC, contact DESC) AS contacts,
                             array_agg(words ORDER BY changed DESC, contact DESC) AS words
                         FROM (
                             WITH found AS MATERIALIZED (
                                 SELECT contact, changed, words FROM search WHERE {whose} AND {OWN} AND {asked} AND {condition}
                             )
                             SELECT * FROM found ORDER BY changed DESC, contact DESC LIMIT $1
                         ) AS latest
                     ) AS those WHERE spans.many < $1
                 )
                 SELECT those.contact, those.words FROM spans, unnest(contacts, words) WITH ORDINALITY AS those (contact, words, place)
                 ORDER BY span DESC, place"
            )
        })
    }

    fn of(id: CompanyId, query: &Query, write: impl FnOnce(&str, &mut Vec<String>) -> String) -> Statement {
        let whose = format!("company = {}::bigint", company(id));
        let mut texts = Vec::new();
        let sql = write(&whose, &mut texts);
        Statement { sql, owner: query.owner().map(|owner| stored(owner.number())), texts }
    }

    /// The contacts that it finds, and how good they are.
    async fn rows(&self, pool: &Pool, query: &Query, most: usize) -> Result<Vec<(Tier, ContactId)>> {
        let most = limit(most);
        let mut parameters: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&most, Type::INT8), (&self.owner, Type::INT8)];
        parameters.extend(self.texts.iter().map(|text| (text as &(dyn ToSql + Sync), Type::TEXT)));
        let rows = pool.query_unprepared(&self.sql, &parameters).await?;
        let row = |row: &tokio_postgres::Row| {
            let tier = query.tier_of(None, &SearchableText::from_stored(row.try_get(1)?));
            let tier = tier.ok_or_else(|| Error::damaged("A search found somebody of no tier."))?;
            Ok((tier, contact_id(row, 0)?))
        };
        rows.iter().map(row).collect()
    }
}

/// What the index is asked for, to find all who may be of a tier.
struct Asked {
    /// All of these must be had,
    terms: Vec<Ways>,
    /// or one of these.
    or: Ways,
}

impl Asked {
    fn of(id: CompanyId, query: &Query, tier: Tier, sample: &Sample) -> Asked {
        let TokenQuery { terms, or } = tokens::token_query(query, tier);
        let ways = |all: Vec<TokenSet>| -> Ways {
            all.iter().map(|all| all.iter().map(|token| span::token(id, token)).collect()).collect()
        };
        let terms = sample.fewest(terms.into_iter().map(ways).collect());
        Asked { terms, or: sample.fewest_of_each(ways(or)) }
    }

    fn sql(&self) -> String {
        let has = |tokens: &[i32]| {
            let mixed = tokens.iter().map(|token| format!("{token} # salt")).collect::<Vec<_>>();
            let has = format!("tokens @> ARRAY[{}]", mixed.join(", "));
            [has.as_str(); SAID].join(" AND ")
        };
        let any = |ways: &Ways| ways.iter().map(|way| has(way)).collect::<Vec<_>>().join(" OR ");
        // What can be had in one way alone is one question.
        let (one, several): (Vec<_>, Vec<_>) = self.terms.iter().partition(|ways| ways.len() == 1);
        let one: Vec<i32> = one.into_iter().flatten().flatten().copied().collect();
        let one = Some(one).filter(|one| !one.is_empty()).map(|one| has(&one));
        let all = one.into_iter().chain(several.into_iter().map(|ways| format!("({})", any(ways))));
        let all = all.collect::<Vec<_>>().join(" AND ");
        if self.or.is_empty() { format!("({all})") } else { format!("({all} OR {})", any(&self.or)) }
    }
}

/// Whether a contact is of a tier or a better one. What is compared is added to the texts.
fn condition(query: &Query, tier: Tier, texts: &mut Vec<String>) -> String {
    // What is folded is letters, digits and spaces, so there is nothing in it that stands for something else in a pattern.
    let mut like = |column: &str, part: &str| {
        let pattern = format!("%{part}%");
        let known = texts.iter().position(|known| *known == pattern);
        let at = known.unwrap_or_else(|| {
            texts.push(pattern);
            texts.len() - 1
        });
        format!("{column} LIKE ${}", at + 3)
    };
    let column = if tier <= Tier::Name { "split_part(words, E'\\n', 1)" } else { "words" };
    let part: fn(&Word) -> &str = match tier {
        Tier::Whole => Word::whole,
        Tier::Name | Tier::Start => Word::start,
        Tier::Part | Tier::Apart => Word::widest,
    };
    let mut all = |words: &[Word]| words.iter().map(|word| like(column, part(word))).collect::<Vec<_>>().join(" AND ");
    let mut term = |Term { words, forms }: &Term| {
        let mut ways: Vec<String> = Vec::new();
        if matches!(tier, Tier::Start | Tier::Part | Tier::Apart) {
            ways.extend(forms.iter().map(|form| all(std::slice::from_ref(form))));
        }
        if matches!(tier, Tier::Whole | Tier::Name | Tier::Apart) && ways[..] != [all(words)] {
            ways.push(all(words));
        }
        format!("({})", ways.join(" OR "))
    };
    let mut ways = vec![query.terms().iter().map(&mut term).collect::<Vec<_>>().join(" AND ")];
    match tier {
        // A line of its own, and not the last.
        Tier::Whole | Tier::Name => ways.extend(query.handles().map(|handle| like("words", &format!("\n@{handle}\n")))),
        Tier::Part | Tier::Apart => ways.extend(query.phrase().map(|phrase| like("words", phrase))),
        Tier::Start => {}
    }
    format!("({})", ways.join(" OR "))
}
