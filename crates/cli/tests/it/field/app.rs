//! The same cases in the app: each file is uploaded, its columns are chosen, and it is checked and imported there.

use std::fs;
use std::net::SocketAddr;

use super::{Case, check_all, texts};
use crate::app_user::{User, between, location};
use crate::harness::Place;
use crate::http::Login;

#[test]
fn the_app_reads_files_of_the_world_as_they_are_meant() {
    let place = Place::new();
    let server = place.serve();
    check_all(|folder| Case::of(folder).run_in_app(&place, server.address));
}

/// What the arguments of the command are in the app.
#[derive(Default)]
struct Choices {
    is_lenient: bool,
    /// Columns and fields.
    map: Vec<(String, String)>,
}

impl Choices {
    /// None if the app has no such choice.
    fn of(arguments: &[String]) -> Option<Choices> {
        let mut choices = Choices::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--lenient" => choices.is_lenient = true,
                "--map" => {
                    let (column, field) = rest.next()?.rsplit_once('=')?;
                    choices.map.push((column.to_owned(), field.to_owned()));
                }
                _ => return None,
            }
        }
        Some(choices)
    }
}

impl Case {
    /// Says what is wrong in the app. Cases with options that the app does not have are passed over.
    fn run_in_app(mut self, place: &Place, address: SocketAddr) -> Option<String> {
        let choices = Choices::of(&texts(&self.script["args"]))?;
        let company = self.company_name();
        let login = Login::printed(&self.company(place, &company));
        let user = User::sign_in(address, &login);
        let mut is_refused_whole = false;
        for file in self.files.clone() {
            match user.import(&self.place, &file, &choices) {
                Some(refused) => self.refused += refused,
                None => is_refused_whole = true,
            }
        }
        if is_refused_whole != (self.expect("fails") == true) {
            self.wrong.push(format!("is refused whole: {is_refused_whole}"));
        }
        let exported = place.says(&["export", &company, "--format", "jsonl"]);
        self.people(&exported);
        self.verdict()
    }
}

impl User {
    /// Imports a file, and returns how many rows were refused; none if the whole file was.
    fn import(&self, place: &Place, file: &str, choices: &Choices) -> Option<u64> {
        let uploaded = self.upload(file, &fs::read(place.path(file)).unwrap(), choices.is_lenient);
        let mut next = location(&uploaded)?;
        if next.starts_with("/app/settings/import/files/") {
            let page = self.get(&next).body;
            let chosen: Vec<(String, &str)> =
                choices.map.iter().map(|(column, field)| (input(&page, column), &**field)).collect();
            let mut fields = vec![("go", "check")];
            fields.extend(chosen.iter().map(|(column, field)| (column.as_str(), *field)));
            next = location(&self.post(&next, &fields))?;
        }
        self.ended(&next)?;
        let imported = location(&self.post(&format!("{next}/take"), &[])).unwrap();
        let page = self.ended(&imported).unwrap();
        Some(between(&page, "<dt>Refused</dt><dd>", "</dd>").replace(',', "").parse().unwrap())
    }
}

/// The name of the choice for a column.
fn input(page: &str, column: &str) -> String {
    let escaped = column.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let (before, _) =
        page.split_once(&format!("<bdi>{escaped}</bdi>")).unwrap_or_else(|| panic!("no {column}: {page}"));
    between(before.rsplit_once("<label").unwrap().1, "for=\"", "\"").to_owned()
}
