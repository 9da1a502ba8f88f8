//! The same cases by the bulk API: those that are JSON Lines.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;

use super::{Case, check_all, list, text_of};
use crate::harness::Place;
use crate::http::{self, Login};

#[test]
fn the_bulk_api_reads_lines_of_the_world_as_they_are_meant() {
    let place = Place::new();
    let server = place.serve();
    check_all(|folder| Case::of(folder).run_in_bulk(&place, server.address));
}

impl Case {
    /// Says what is wrong by the bulk API. Files of other formats are passed over.
    fn run_in_bulk(mut self, place: &Place, address: SocketAddr) -> Option<String> {
        let lines = self.files.iter().find(|file| Path::new(file).extension().is_some_and(|it| it == "jsonl"))?;
        let body = fs::read_to_string(self.place.path(lines)).unwrap();
        let company = self.company_name();
        let login = Login::printed(&self.company(place, &company));
        let headers = [login.header(), "Content-Type: application/x-ndjson".into()];
        let mut stream = http::connect(address).unwrap();
        stream.write_all(http::request("POST", "/api/1/contacts/bulk", &headers, &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        // The answer is in chunks, each of whole lines.
        let results = answer.lines().filter(|line| line.starts_with('{'));
        let results: Vec<Value> = results.map(|line| serde_json::from_str(line).unwrap()).collect();
        self.refused = results.iter().filter(|result| result["code"] != 202).count() as u64;
        self.people(&place.says(&["export", &company, "--format", "jsonl"]));
        let ignored: String =
            results.iter().flat_map(|result| list(&result["ignored"])).map(|at| text_of(&at)).collect();
        for lost in list(&self.expect("not_lost")) {
            let name = text_of(&lost[0]);
            // API 1 has no custom fields: the key of all is ignored.
            let is_in_ignored_key = body.contains("custom_fields") && ignored.contains("/custom_fields");
            if !ignored.contains(&name) && !is_in_ignored_key {
                self.wrong.push(format!("does not say that {name} is ignored: {ignored}"));
            }
        }
        self.verdict()
    }
}
