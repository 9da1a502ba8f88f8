//! The demo company: a dozen contacts, a possible duplicate among them, and their messages.

use contact::{
    Attribute, Attributes, Channel, ChannelType, Handle, Invalid, Link, Observation, Origin, Region, Source,
};
use hub::inbound::{Custom, Email, Sms};
use hub::{Company, Error, Hub, Password};

/// The demo company's name.
pub const COMPANY: &str = "wayne";

/// The reports of several systems: name, description, handles, links.
const REPORTS: &str = "\
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
Pamela Isley|Botanical garden, wholesale|email ivy@garden.example,phone 6508141966,custom pamela-isley|
Oswald Cobblepot|Iceberg Lounge, pays late|email oswald@iceberg.example,phone 1-800-FLOWERS|https://iceberg.example
Fox, L.|Met at the trade fair|email lucius@wayne.example|
Vicki Vale|Press|email vicki@gazette.example,twitter @vickivale,custom vicki-vale|https://gazette.example/vale";

/// The demo company's e-mail address.
const SUPPORT: &str = "support@wayne.example";
/// Its number for text messages.
const NUMBER: &str = "+1 650 555 0100";
/// The name of its web site.
const WEBSITE: &str = "website";

/// The messages: the type of the channel, the sender with a name, the thread, the subject, the text.
const MESSAGES: &str = "\
email|Selina Kyle <selina@gotham.org>|ring|Appraisal of a ring|Hello,\\n\\ncould one of you look at a ring for me? \
It was in the family, they say, and I would rather not say whose.\\n\\nSelina
custom|pamela-isley Pamela Isley|order-1966||Is the fertilizer in order 1966 organic? If not, please keep it.
sms|650-814-1940|||Running late. Start without me. D.
email|Lucius Fox <lucius@wayne.inc>|budget|Research budget, fourth quarter|Mr Wayne's office,\\n\\nplease find the \
numbers below. The line \u{201c}miscellaneous, black\u{201d} has doubled again.\\n\\nRegards\\nLucius Fox
email|Selina Kyle <selina@gotham.org>|ring|Re: Appraisal of a ring|Never mind the ring. It has been collected by its \
owner. Do you also do necklaces?
sms|650-814-9999|||Dinner is at eight. He will hear that it is at seven.
email|Edward Nygma <who@riddle.example>|riddle|A question|What is sent once, arrives twice and is read by nobody?
custom|vicki-vale Vicki Vale|interview|Interview|The Gazette would like ten minutes with Mr Wayne. Any day, \
any hour; he picks the place.
email|Oswald Cobblepot <oswald@iceberg.example>|invoice|Invoice 4471|Sirs,\\n\\nyour reminder is noted. So were the \
three before it. You will be paid when the ice melts.\\n\\nO. C.
custom|pamela-isley Pamela Isley|order-1966||It came today. It is organic. You may live.
email|Oswald Cobblepot <oswald@iceberg.example>|invoice|Re: Invoice 4471|Paid this morning. Kindly call off the man \
on my roof.
sms|650-814-1940|||Done here. Tell Alfred two for dinner.
email|James Gordon <gordon@gcpd.example>|lamp|The lamp on our roof|Good evening,\\n\\nthe lamp needs a new bulb, and \
our supplier says that only you make them. Could you send two?\\n\\nGordon
email|James Gordon <gordon@gcpd.example>|lamp|Re: The lamp on our roof|They arrived before I had sent this. I will not \
ask how.";

/// Creates the demo company, unless it exists.
pub async fn fill(hub: &Hub) -> Result<Option<(Company, Password)>, Box<dyn std::error::Error>> {
    let company = match hub.add_company(COMPANY.parse()?, Region::default()).await {
        Err(Error::CompanyTaken(_)) => return Ok(None),
        created => created?,
    };
    for line in REPORTS.lines() {
        hub.observe(company.0.id, observation(line)?).await?;
    }
    receive(hub, &company.0).await?;
    Ok(Some(company))
}

/// Receives the messages as if they came in.
async fn receive(hub: &Hub, company: &Company) -> Result<(), Box<dyn std::error::Error>> {
    let mut channels = Vec::new();
    for (kind, address) in [(ChannelType::Email, SUPPORT), (ChannelType::Sms, NUMBER), (ChannelType::Custom, WEBSITE)] {
        let token = (kind == ChannelType::Sms).then(|| hub.channel_token());
        let address = Channel::address(kind, address, company.region)?;
        channels.push(hub.add_channel(company.id, kind, address, token).await?);
    }
    for (n, line) in MESSAGES.lines().enumerate() {
        let mut parts = line.splitn(5, '|');
        let mut part = || parts.next().unwrap_or_default();
        let (kind, from, thread, subject, text) = (part(), part(), part(), part(), part().replace("\\n", "\n"));
        let kind: ChannelType = kind.parse()?;
        let Some(channel) = channels.iter().find(|channel| channel.kind == kind) else { continue };
        let message = match kind {
            ChannelType::Email => {
                let raw = format!(
                    "From: {from}\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\nMessage-ID: <{thread}.{n}@demo.example>\r\n\
                     References: <{thread}@demo.example>\r\n\r\n{}\r\n",
                    text.replace('\n', "\r\n")
                );
                let mut message = Email::read(raw.as_bytes(), from)?.message(channel);
                // Each message names its thread, so that the order of these lines does not matter.
                message.references.push(format!("id:{thread}@demo.example"));
                message
            }
            ChannelType::Sms => {
                let sms = Sms { from: from.into(), body: text, id: format!("demo-{n}"), media: Vec::new() };
                sms.message(channel, company.region)?
            }
            ChannelType::Custom => {
                let (sender, name) = from.split_once(' ').unwrap_or((from, ""));
                let custom = Custom {
                    sender: sender.into(),
                    name: Some(name.into()),
                    subject: Some(subject.into()),
                    body: text,
                    thread_ref: Some(thread.into()),
                    ..Custom::default()
                };
                custom.message(channel, company.region)?
            }
        };
        hub.receive(company.id, message).await?;
    }
    Ok(())
}

/// Parses a report.
fn observation(line: &'static str) -> Result<Observation, Invalid> {
    let mut parts = line.split('|');
    let mut part = || parts.next().filter(|part| !part.is_empty());
    let (name, description, handles, links) = (part(), part(), part(), part());
    let handle = |text: &str| {
        let (source, text) = text.split_once(' ').ok_or(Invalid::Source)?;
        Handle::parse(source.parse::<Source>()?, text, Region::default())
    };
    let list = |list: Option<&'static str>| list.into_iter().flat_map(|list| list.split(','));
    let mut attributes = Attributes::default();
    for (attribute, text) in [(Attribute::Name, name), (Attribute::Description, description)] {
        attributes[attribute] = text.map(|text| attribute.parse(text)).transpose()?;
    }
    Ok(Observation {
        attributes,
        handles: list(handles).map(handle).collect::<Result<_, _>>()?,
        links: list(links).map(Link::parse).collect::<Result<_, _>>()?,
        ..Observation::from(Origin::Import(None))
    })
}
