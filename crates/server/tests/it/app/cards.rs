//! Actions of a card: lists, notes, pictures and deleting, and their history.

use std::sync::Arc;

use contact::{Origin, Picture, TeammateId, Update};
use serde_json::json;

use crate::browser::{Browser, Mailbox, between};
use crate::harness::Server;

const GIF: &[u8] = b"GIF89a<script>alert(1)</script>";

async fn bruce(server: &Server) -> String {
    let body = json!({"name": "Bruce", "description": "CEO", "links": ["https://wayne.inc"],
        "fields": [{"source": "email", "handle": "bruce@wayne.inc"}]});
    server.report(&body).await
}

/// Returns a part of a card.
fn part<'a>(card: &'a str, id: &str) -> &'a str {
    between(card, &format!("id=\"{id}\""), "</section>")
}

async fn other_facts_are_shown_with_their_labels(server: Server) {
    let id = bruce(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let card = format!("/app/contacts/{id}");
    assert!(browser.page(&card).await.contains("id=\"card-about\" aria-labelledby=\"about-title\" hidden"));
    let facts = json!({"organization": "Wayne & Sons", "address": "1 Main St\nGotham", "birthday": "1972-02-19",
        "fields": [{"source": "email", "handle": "bruce@wayne.inc"}]});
    server.report(&facts).await;
    let page = browser.page(&card).await;
    let about = part(&page, "card-about");
    for shown in [
        "<dt>Organization</dt><dd dir=\"auto\">Wayne &amp; Sons</dd>",
        "<dt>Birthday</dt><dd dir=\"auto\">1972-02-19</dd>",
        "<dt>Address</dt><dd dir=\"auto\">1 Main St<br>Gotham</dd>",
    ] {
        assert!(about.contains(shown), "{about}");
    }
    assert!(!about.contains("CEO") && !about.contains("Nickname"), "{about}");
}

async fn labels_are_shown_beside_their_handles(server: Server) {
    let id = bruce(&server).await;
    let report = |label: &str| json!({"fields": [{"source": "email", "handle": "bruce@wayne.inc", "label": label}]});
    server.report(&report("work & <home>")).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let card = format!("/app/contacts/{id}");
    let page = browser.page(&card).await;
    assert!(part(&page, "card-handles").contains("<bdi>work &amp; &lt;home&gt;</bdi>"), "{page}");
    let body = server.ask(server.wayne.report_request(report(&"x".repeat(101)).to_string())).await;
    assert_eq!(body.errors(422)[0]["at"], "/fields/0/label");
    server.report(&report("yacht")).await;
    let page = browser.page(&card).await;
    assert!(part(&page, "card-handles").contains("<bdi>yacht</bdi>"), "{page}");
}

async fn a_contact_joins_and_leaves_lists(server: Server) {
    let id = bruce(&server).await;
    let card = format!("/app/contacts/{id}");
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    for name in ["VIP", " Newsletter ", "VIP"] {
        let done = alfred.send(&format!("{card}/lists"), &[("list", name)]).await;
        assert_eq!((done.status, done.header("location")), (303, Some(card.as_str())), "{done:?}");
    }
    let page = alfred.page(&card).await;
    let lists = part(&page, "card-lists");
    assert!(lists.matches("class=\"chip\"").count() == 2 && lists.contains("Newsletter"), "{lists}");
    let history = part(&page, "card-history");
    assert!(history.contains("<bdi>Alfred</bdi></b> added them to the list <bdi>VIP</bdi>."), "{history}");
    let on = between(lists, "id=\"on-", "\"").to_owned();
    assert_eq!(alfred.send(&format!("{card}/lists"), &[("leave", &on)]).await.status, 303);
    let page = alfred.page(&card).await;
    assert_eq!(part(&page, "card-lists").matches("class=\"chip\"").count(), 1);
    assert!(part(&page, "card-history").contains("<bdi>Alfred</bdi></b> removed them from the list <bdi>VIP</bdi>."));
    for (field, value, status) in
        [("list", " ", 422), ("list", &"x".repeat(201) as &str, 422), ("leave", "grp_zz", 404), ("leave", "", 404)]
    {
        assert_eq!(alfred.send(&format!("{card}/lists"), &[(field, value)]).await.status, status, "{field} {value}");
    }
    // A GET of a form's address, as after a new sign-in, redirects to the card.
    assert_eq!(alfred.ask(&format!("{card}/lists")).await.header("location"), Some(card.as_str()));
    assert_eq!(alfred.ask("/app/contacts/%0D%0Ax/notes").await.status, 404);
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert_eq!(theirs.send(&format!("{card}/lists"), &[("list", "x")]).await.status, 404);
    assert!(!theirs.page("/app/contacts").await.contains("VIP"));
}

async fn notes_are_written_by_teammates(server: Server) {
    let id = bruce(&server).await;
    let card = format!("/app/contacts/{id}");
    let company = Browser::of(&server, &server.wayne).await;
    let page = company.page(&card).await;
    let why = "Only teammates who sign in with their own e-mail address can write notes.";
    assert!(part(&page, "card-notes").contains(why) && !part(&page, "card-notes").contains("<form"), "{page}");
    let refused = company.send(&format!("{card}/notes"), &[("note", "x")]).await;
    assert!(refused.status == 422 && refused.body.contains(why), "{refused:?}");

    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    for text in ["Prefers <tea>.\r\nTwo lines", "Never at night."] {
        assert_eq!(alfred.send(&format!("{card}/notes"), &[("note", text)]).await.status, 303);
    }
    for (text, why) in
        [(" ", "Must not be empty."), (&"x".repeat(10_001) as &str, "Must have at most 10000 characters.")]
    {
        let refused = alfred.send(&format!("{card}/notes"), &[("note", text)]).await;
        assert!(refused.status == 422 && refused.body.contains(why) && refused.body.contains(text.trim()), "{why}");
    }
    let page = company.page(&card).await;
    let notes = part(&page, "card-notes");
    assert!(notes.contains("Prefers &lt;tea&gt;.\nTwo lines") && notes.contains("<bdi>Alfred</bdi>"), "{notes}");
    assert!(notes.find("Never at night.") < notes.find("Prefers"), "the newest first");
    assert!(part(&page, "card-history").contains("<bdi>Alfred</bdi></b> wrote a note."), "{page}");
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert_eq!(theirs.send(&format!("{card}/notes"), &[("note", "x")]).await.status, 404);
}

async fn all_notes_are_shown_on_request(server: Server) {
    let id = bruce(&server).await;
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    for n in 0..12 {
        alfred.send(&format!("/app/contacts/{id}/notes"), &[("note", &format!("note {n}."))]).await;
    }
    let page = alfred.page(&format!("/app/contacts/{id}")).await;
    assert!(page.contains("note 11.") && page.contains("note 2.") && !page.contains("note 1."), "{page}");
    assert!(page.contains("All 12 notes"), "{page}");
    let all = alfred.page(&format!("/app/contacts/{id}?notes=all")).await;
    assert!(all.contains("note 0.") && !all.contains("All 12 notes"));
}

async fn a_picture_is_served_with_its_media_type(server: Server) {
    let id = bruce(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let picture = format!("/app/contacts/{id}/picture");
    assert_eq!(browser.ask(&picture).await.status, 404);
    let contact: contact::ContactId = id.parse().unwrap();
    let bytes = Picture::parse(Arc::from(GIF)).unwrap();
    let update = Update { picture: Some(Some(bytes)), ..Update::default() };
    server.hub.update(contact.company(), contact, update, Origin::Api(None)).await.unwrap();
    let card = browser.page(&format!("/app/contacts/{id}")).await;
    let shown = between(&card, "<img class=\"portrait\" src=\"", "\"");
    assert!(shown.starts_with(&picture), "{shown}");
    let answer = server.ask(browser.request("GET", shown)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/gif")));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
    let kent = server.company("kent").await;
    assert_eq!(Browser::of(&server, &kent).await.ask(&picture).await.status, 404);

    let edit = browser.page(&format!("/app/contacts/{id}/edit")).await;
    assert!(edit.contains("Remove the picture"));
    assert_eq!(browser.send(&format!("/app/contacts/{id}/edit"), &[("remove-picture", "yes")]).await.status, 303);
    assert_eq!(browser.ask(&picture).await.status, 404);
    assert!(browser.page(&format!("/app/contacts/{id}")).await.contains("monogram large"));
}

async fn a_picture_is_chosen_in_a_form(server: Server) {
    let id = bruce(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let (card, edit) = (format!("/app/contacts/{id}"), format!("/app/contacts/{id}/edit"));
    let form = browser.page(&edit).await;
    assert!(form.contains("enctype=\"multipart/form-data\"") && form.contains("type=\"file\""), "{form}");
    let named = [("name", "Bruce W."), ("name-was", "Bruce")];
    let done = browser.send_file(&edit, &named, ("picture", GIF)).await;
    assert_eq!((done.status, done.header("location")), (303, Some(card.as_str())), "{done:?}");
    let page = browser.page(&card).await;
    let shown = between(&page, "<img class=\"portrait\" src=\"", "\"");
    assert_eq!(browser.ask(shown).await.header("content-type"), Some("image/gif"));
    assert!(page.contains("Bruce W."));
    // Without a chosen file, a browser sends an empty one.
    assert_eq!(browser.send_file(&edit, &[], ("picture", b"")).await.status, 303);
    assert!(browser.page(&card).await.contains(shown));

    let before = server.contact(&id).await;
    let most = contact::PICTURE_BYTES_MAX;
    for (content, fields, why) in [
        (b"<svg/>".to_vec(), &[][..], "Is not a PNG, JPEG, GIF or WebP picture."),
        ([GIF, &vec![0; most]].concat(), &[], "Must have at most 5242880 bytes."),
        (GIF.to_vec(), &[("new-link", "x")], "Choose the picture again."),
    ] {
        let refused = browser.send_file(&edit, fields, ("picture", &content)).await;
        assert!(refused.status == 422 && refused.body.contains(why), "{why}: {refused:?}");
        let field = between(&refused.body, "id=\"picture\"", ">").to_owned();
        assert!(field.contains("aria-invalid=\"true\""), "{field}");
    }
    assert_eq!(server.contact(&id).await, before, "what is refused changes nothing");
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert_eq!(theirs.send_file(&edit, &[], ("picture", GIF)).await.status, 404);
    let parts = "--part\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nx\r\n--part--\r\n";
    let foreign = browser.request("POST", &edit).with("Content-Type", "multipart/form-data; boundary=part");
    assert_eq!(server.ask(foreign.body(parts)).await.status, 403);
    let broken = browser.request("POST", &edit).with("Content-Type", "multipart/form-data; boundary=part");
    assert_eq!(server.ask(broken.body("--part\r\nx")).await.status, 422);
}

async fn deleting_needs_the_name(server: Server) {
    let mailbox = Mailbox::of(&server).await;
    let thread = mailbox.wrote(&server, "bruce@wayne.inc", "Cars", "Black, please.").await;
    let id = bruce(&server).await;
    let browser = Browser::of(&server, &server.wayne).await;
    let card = format!("/app/contacts/{id}");
    let delete = format!("{card}/delete");
    assert!(browser.page(&card).await.contains(&format!("href=\"{delete}\"")));
    let page = browser.page(&delete).await;
    assert!(page.contains("Type <bdi>Bruce</bdi> to delete it") && page.contains("class=\"danger\""), "{page}");
    let kent = server.company("kent").await;
    let theirs = Browser::of(&server, &kent).await;
    assert_eq!(theirs.ask(&delete).await.status, 404);
    assert_eq!(theirs.send(&delete, &[("name", "Bruce")]).await.status, 404);
    for name in ["", "bruce", "Robin"] {
        let refused = browser.send(&delete, &[("name", name)]).await;
        assert!(refused.status == 422 && refused.body.contains("This is not the name of the contact."), "{refused:?}");
    }
    assert!(browser.page(&thread).await.contains("Bruce"));
    let done = browser.send(&delete, &[("name", " Bruce ")]).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/app/contacts")), "{done:?}");
    assert_eq!(browser.ask(&card).await.status, 404);

    // Messages of a deleted contact stay, under its handle.
    for page in ["/app/inbox", &thread] {
        let page = browser.page(page).await;
        assert!(page.contains("bruce@wayne.inc") && page.contains("Cars"), "{page}");
        assert!(
            !page.contains(">Bruce<") && !page.contains("/app/contacts/crd_") && !page.contains("data-card"),
            "{page}"
        );
    }
    assert!(browser.page(&thread).await.contains("This contact was deleted"));
    // The next contact with the handle becomes the sender.
    let next = bruce(&server).await;
    assert_ne!(next, id);
    assert!(browser.page(&thread).await.contains(&format!("href=\"/app/contacts/{next}\"")));
}

async fn the_history_tells_which_teammate_it_was(server: Server) {
    let id = bruce(&server).await;
    let robin =
        server.report(&json!({"name": "Robin", "fields": [{"source": "email", "handle": "r@wayne.inc"}]})).await;
    let card = format!("/app/contacts/{id}");
    let alfred = Browser::of_teammate(&server, "Alfred <A>", "alfred@wayne.inc").await;
    let history = async || part(&alfred.page(&card).await, "card-history").to_owned();
    let edited = [("name", "Bruce Wayne"), ("name-was", "Bruce")];
    assert_eq!(alfred.send(&format!("{card}/edit"), &edited).await.status, 303);
    assert!(history().await.contains("<bdi>Alfred &lt;A&gt;</bdi></b> reported: name <bdi>Bruce Wayne</bdi>."));
    assert_eq!(alfred.send(&format!("{card}/merge"), &[("with", &robin)]).await.status, 303);
    let text = history().await;
    assert!(text.contains(", merged by <bdi>Alfred &lt;A&gt;</bdi>."), "{text}");
    let merge = between(&text, "/split/", "\"").to_owned();
    assert_eq!(alfred.send(&format!("{card}/split/{merge}"), &[]).await.status, 303);
    let text = history().await;
    assert!(text.contains("<bdi>Alfred &lt;A&gt;</bdi></b> split off") && text.contains("They stay apart."), "{text}");
    let gone = [("handle", "email:bruce@wayne.inc"), ("remove-handle", "0")];
    assert_eq!(alfred.send(&format!("{card}/edit"), &gone).await.status, 303);
    assert!(history().await.contains("</b> removed: e-mail <bdi>bruce@wayne.inc</bdi>."));
}

/// A teammate's private list is not shown to others.
async fn a_teammates_list_is_private(server: Server) {
    let id = bruce(&server).await;
    let contact: contact::ContactId = id.parse().unwrap();
    let company = contact.company();
    let alfred = Browser::of_teammate(&server, "Alfred", "alfred@wayne.inc").await;
    let name = contact::ListName::parse("Secret").unwrap();
    let owner = Some(TeammateId::nth(company, 1));
    let list = server.hub.make_list(company, name, owner, Origin::Api(None)).await.unwrap().id;
    server.hub.group(company, contact::Group::List(list), vec![contact], true, Origin::Api(None)).await.unwrap();
    let other = Browser::of(&server, &server.wayne).await;
    for page in [format!("/app/contacts/{id}"), "/app/contacts".into(), "/app/settings/lists".into()] {
        assert!(alfred.page(&page).await.contains("Secret"), "{page}");
        assert!(!other.page(&page).await.contains("Secret"), "{page}");
    }
    assert_eq!(other.ask(&format!("/app/contacts?list={list}")).await.status, 404);
    assert_eq!(other.send(&format!("/app/settings/lists/{list}/delete"), &[]).await.status, 404);
    assert_eq!(other.send(&format!("/app/contacts/{id}/lists"), &[("leave", &list.to_string())]).await.status, 404);
    assert_eq!(alfred.ask(&format!("/app/contacts?list={list}")).await.status, 200);
}

on_each_store!(
    other_facts_are_shown_with_their_labels,
    labels_are_shown_beside_their_handles,
    a_contact_joins_and_leaves_lists,
    notes_are_written_by_teammates,
    all_notes_are_shown_on_request,
    a_picture_is_served_with_its_media_type,
    a_picture_is_chosen_in_a_form,
    deleting_needs_the_name,
    the_history_tells_which_teammate_it_was,
    a_teammates_list_is_private,
);
