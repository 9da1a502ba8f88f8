//! A company with a dozen contacts, to look at.

use contact::{Description, Handle, Invalid, Link, Name, Observation, Origin, Region, Source};
use hub::{Company, Error, Hub, Password};

/// The demo company's name.
pub const COMPANY: &str = "wayne";

/// What several systems might know of people.
const TOLD: &str = "\
Bruce Wayne|CEO / Wayne.inc|email bruce@wayne.inc,email batman@gotham.org,twitter @Batman,phone +123456789|https://wayne.inc
Alfred Pennyworth|Butler, knows everybody|email alfred@wayne.inc,phone (650) 814-9999|
Selina Kyle|Jewel expert · VIP|email selina@gotham.org,twitter @catwoman|
Dick Grayson|Blüdhaven office|email dick@wayne.inc,phone 650-814-1940|
Nightwing||email nightwing@bludhaven.example,twitter @nightwing|https://shop.example/customers/38
Dick Grayson||email dick@wayne.inc,twitter nightwing|
Barbara Gordon|Librarian|email barbara@library.example,phone +1 650 814 1961|https://crm.example/people/61
James Gordon|Commissioner, Gotham City Police|email gordon@gcpd.example,phone 650.814.0911 x1|
Lucius Fox|Head of research|email lucius@wayne.inc,phone +44 (0)20 7946 0958|https://crm.example/people/72
Harvey Dent|District attorney; write on even days|email harvey@city.example,email two@face.example|
Edward Nygma|Asks more than he buys|email who@riddle.example,twitter https://twitter.com/riddler|
Pamela Isley|Botanical garden, wholesale|email ivy@garden.example,phone 6508141966|
Oswald Cobblepot|Iceberg Lounge, pays late|email oswald@iceberg.example,phone 1-800-FLOWERS|https://iceberg.example
Vicki Vale|Press|email vicki@gazette.example,twitter @vickivale|https://gazette.example/vale";

/// Makes the demo company, unless it is there already.
pub async fn fill(hub: &Hub) -> Result<Option<(Company, Password)>, Box<dyn std::error::Error>> {
    let made = match hub.add_company(COMPANY.parse()?, Region::default()).await {
        Err(Error::CompanyTaken(_)) => return Ok(None),
        made => made?,
    };
    for line in TOLD.lines() {
        hub.observe(made.0.id, observation(line)?).await?;
    }
    Ok(Some(made))
}

/// Reads a line: name, description, handles, links.
fn observation(line: &'static str) -> Result<Observation, Invalid> {
    let mut parts = line.split('|');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let (name, description, handles, links) = (part(), part(), part(), part());
    let handle = |text: &str| {
        let (source, text) = text.split_once(' ').ok_or(Invalid::Source)?;
        Handle::parse(source.parse::<Source>()?, text, Region::default())
    };
    let list = |list: Option<&'static str>| list.into_iter().flat_map(|list| list.split(','));
    Ok(Observation {
        name: name.map(Name::parse).transpose()?,
        description: description.map(Description::parse).transpose()?,
        handles: list(handles).map(handle).collect::<Result<_, _>>()?,
        links: list(links).map(Link::parse).collect::<Result<_, _>>()?,
        ..Observation::from(Origin::Import)
    })
}
