//! Searching contacts by their tokens, span by span, so that the latest matches of a tier are read first.

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
pub use index::{catch_up, discard, progress, reader};
pub use sample::Samples;
use sample::{Alternatives, Sample};

/// How many of the latest contacts are read first. They include enough matches of common words.
const LATEST: usize = 1_000;

/// At most `limit` of the contacts that match a query, the best match first.
pub async fn find(pool: &Pool, samples: &Samples, id: CompanyId, query: &Query, limit: usize) -> Result<Found> {
    let sample = samples.of(pool, id).await?;
    let (progress, ids) = try_join(progress(pool, id), matches(pool, id, query, &sample, limit)).await?;
    samples.remove_outdated(id, progress.done);
    let view = contacts::contacts(pool, id, &ids).await?;
    let contacts = ids.into_iter().filter_map(|id| view.contact(id).filter(|contact| contact.id == id));
    // The index may be behind, so the contacts are matched as they are now.
    let mut matches: Vec<_> = contacts.filter_map(|contact| Some((query.tier(&contact)?, contact))).collect();
    matches.sort_by(|(one, a), (other, b)| one.cmp(other).then(b.changed.cmp(&a.changed)).then(b.id.cmp(&a.id)));
    let contacts = matches.into_iter().map(|(_, contact)| contact).collect();
    Ok(Found { contacts, is_complete: progress.is_complete() })
}

async fn matches(pool: &Pool, id: CompanyId, query: &Query, sample: &Sample, limit: usize) -> Result<Vec<ContactId>> {
    let index_query = |tier| IndexQuery::of(id, query, tier, sample);
    let mut top = TopMatches::of(query, limit);
    if let Some((tier, _)) = top.next_request()
        && sample.estimate(LATEST, &index_query(tier).terms) >= limit
    {
        top.preload(Statement::latest(id, query).rows(pool, query, LATEST).await?);
    }
    while let Some((tier, limit)) = top.next_request() {
        let latest = Statement::spans(id, query, tier, &index_query(tier)).rows(pool, query, limit).await?;
        let is_exhausted = latest.len() < limit;
        top.add(latest, is_exhausted);
    }
    Ok(top.finish())
}

/// The statements of a search.
pub fn statements(id: CompanyId, query: &Query) -> Vec<String> {
    let of = |tier| Statement::spans(id, query, tier, &IndexQuery::of(id, query, tier, &Sample::default()));
    let spans = query.tiers().iter().map(|tier| of(*tier));
    spans.chain([Statement::latest(id, query)]).map(|statement| statement.sql).collect()
}

/// The other statements that read and write the index.
pub fn index_statements() -> Vec<String> {
    let kept = index::statements().into_iter().chain(span::STATEMENTS).map(str::to_owned);
    kept.chain([sample::statement()]).collect()
}

/// How often a condition on tokens is repeated.
///
/// The planner knows nothing of the tokens and estimates one match in two hundred contacts for each condition. With a
/// lower estimate it does not also scan an index for all contacts of the company, once for each span.
const REPEATS: usize = 3;
/// Whether a contact is the company's, or a private contact of the teammate who searches.
const IS_VISIBLE: &str = "(owner IS NULL OR owner = $2)";

/// A statement that is planned for each search.
///
/// The best plan depends on the number of contacts, and a cached plan may date from when there were few: new statistics
/// do not always invalidate it. The company is a literal, because one may have a hundred contacts and another a million.
struct Statement {
    sql: String,
    /// Parameter 2; parameter 1 is the limit.
    owner: Option<i64>,
    /// The patterns, from parameter 3 on.
    patterns: Vec<String>,
}

impl Statement {
    /// The matches of any tier among the latest contacts.
    fn latest(id: CompanyId, query: &Query) -> Statement {
        Statement::of(id, query, |is_company, patterns| {
            let is_any =
                query.tiers().last().map_or_else(|| "false".to_owned(), |last| condition(query, *last, patterns));
            format!(
                "SELECT contact, words FROM (
                     SELECT contact, owner, words FROM search WHERE {is_company}
                     ORDER BY span DESC, changed DESC, contact DESC LIMIT $1
                 ) AS latest WHERE {IS_VISIBLE} AND {is_any}"
            )
        })
    }

    /// The latest matches of a tier and the better ones, span by span until there are enough.
    ///
    /// The recursion itself stops: with a `LIMIT` alone it would read one more span, the largest.
    fn spans(id: CompanyId, query: &Query, of: Tier, tokens: &IndexQuery) -> Statement {
        Statement::of(id, query, |is_company, patterns| {
            let (has_tokens, condition) = (tokens.sql(), condition(query, of, patterns));
            let (salt, last) = (span::SALT, i64::MAX);
            // Materialized, so that the tokens are looked up first: the planner would rather walk through a span from the
            // latest contact on, hoping for enough matches soon.
            format!(
                "WITH RECURSIVE spans (span, total, contacts, words) AS (
                     SELECT {last}, 0::bigint, NULL::bigint[], NULL::text[] COLLATE \"C\"
                     UNION ALL
                     SELECT before.span, spans.total + batch.total, batch.contacts, batch.words FROM spans, LATERAL (
                         SELECT span, {salt} AS salt FROM search_span WHERE {is_company} AND span < spans.span
                         ORDER BY span DESC LIMIT 1
                     ) AS before, LATERAL (
                         SELECT count(*) AS total, array_agg(contact ORDER BY changed DESC, contact DESC) AS contacts,
                             array_agg(words ORDER BY changed DESC, contact DESC) AS words
                         FROM (
                             WITH found AS MATERIALIZED (
                                 SELECT contact, changed, words FROM search
                                 WHERE {is_company} AND {IS_VISIBLE} AND {has_tokens} AND {condition}
                             )
                             SELECT * FROM found ORDER BY changed DESC, contact DESC LIMIT $1
                         ) AS latest
                     ) AS batch WHERE spans.total < $1
                 )
                 SELECT match.contact, match.words
                 FROM spans, unnest(contacts, words) WITH ORDINALITY AS match (contact, words, position)
                 ORDER BY span DESC, position"
            )
        })
    }

    fn of(id: CompanyId, query: &Query, write: impl FnOnce(&str, &mut Vec<String>) -> String) -> Statement {
        let is_company = format!("company = {}::bigint", company(id));
        let mut patterns = Vec::new();
        let sql = write(&is_company, &mut patterns);
        Statement { sql, owner: query.owner().map(|owner| stored(owner.number())), patterns }
    }

    /// The contacts found, with their tiers.
    async fn rows(&self, pool: &Pool, query: &Query, matches_max: usize) -> Result<Vec<(Tier, ContactId)>> {
        let limit = limit(matches_max);
        let mut parameters: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&limit, Type::INT8), (&self.owner, Type::INT8)];
        parameters.extend(self.patterns.iter().map(|text| (text as &(dyn ToSql + Sync), Type::TEXT)));
        let rows = pool.query_unprepared(&self.sql, &parameters).await?;
        let row = |row: &tokio_postgres::Row| {
            let tier = query.tier_of(None, &SearchableText::from_stored(row.try_get(1)?));
            let tier = tier.ok_or_else(|| Error::damaged("a search found a contact that matches in no tier"))?;
            Ok((tier, contact_id(row, 0)?))
        };
        rows.iter().map(row).collect()
    }
}

/// The tokens to look up for all contacts that may match in a tier.
struct IndexQuery {
    /// All of these must be found,
    terms: Vec<Alternatives>,
    /// or one of these.
    or: Alternatives,
}

impl IndexQuery {
    fn of(id: CompanyId, query: &Query, tier: Tier, sample: &Sample) -> IndexQuery {
        let TokenQuery { terms, or } = tokens::token_query(query, tier);
        let alternatives = |all: Vec<TokenSet>| -> Alternatives {
            all.iter().map(|all| all.iter().map(|token| span::token(id, token)).collect()).collect()
        };
        let terms = sample.cheapest(terms.into_iter().map(alternatives).collect());
        IndexQuery { terms, or: sample.cheapest_of_each(alternatives(or)) }
    }

    fn sql(&self) -> String {
        let has = |tokens: &[i32]| {
            let salted = tokens.iter().map(|token| format!("{token} # salt")).collect::<Vec<_>>();
            let has = format!("tokens @> ARRAY[{}]", salted.join(", "));
            [has.as_str(); REPEATS].join(" AND ")
        };
        let any = |alternatives: &Alternatives| {
            alternatives.iter().map(|tokens| has(tokens)).collect::<Vec<_>>().join(" OR ")
        };
        // Terms without alternatives share one condition.
        let (one, several): (Vec<_>, Vec<_>) = self.terms.iter().partition(|alternatives| alternatives.len() == 1);
        let one: Vec<i32> = one.into_iter().flatten().flatten().copied().collect();
        let one = Some(one).filter(|one| !one.is_empty()).map(|one| has(&one));
        let all = one.into_iter().chain(several.into_iter().map(|alternatives| format!("({})", any(alternatives))));
        let all = all.collect::<Vec<_>>().join(" AND ");
        if self.or.is_empty() { format!("({all})") } else { format!("({all} OR {})", any(&self.or)) }
    }
}

/// The condition that a contact matches in a tier or a better one. Adds its patterns to `patterns`.
fn condition(query: &Query, tier: Tier, patterns: &mut Vec<String>) -> String {
    // Folded text has only letters, digits and spaces, so a pattern needs no escapes.
    let mut like = |column: &str, part: &str| {
        let pattern = format!("%{part}%");
        let known = patterns.iter().position(|known| *known == pattern);
        let at = known.unwrap_or_else(|| {
            patterns.push(pattern);
            patterns.len() - 1
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
        let mut alternatives: Vec<String> = Vec::new();
        if matches!(tier, Tier::Start | Tier::Part | Tier::Apart) {
            alternatives.extend(forms.iter().map(|form| all(std::slice::from_ref(form))));
        }
        if matches!(tier, Tier::Whole | Tier::Name | Tier::Apart) && alternatives[..] != [all(words)] {
            alternatives.push(all(words));
        }
        format!("({})", alternatives.join(" OR "))
    };
    let mut alternatives = vec![query.terms().iter().map(&mut term).collect::<Vec<_>>().join(" AND ")];
    match tier {
        // A handle is a line of its own, and never the last.
        Tier::Whole | Tier::Name => {
            alternatives.extend(query.handles().map(|handle| like("words", &format!("\n@{handle}\n"))));
        }
        Tier::Part | Tier::Apart => alternatives.extend(query.phrase().map(|phrase| like("words", phrase))),
        Tier::Start => {}
    }
    format!("({})", alternatives.join(" OR "))
}
