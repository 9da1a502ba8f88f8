//! Manual pages and completions.

use std::fs;

use crate::harness::{Place, finish};

#[test]
fn every_command_has_a_page() {
    let place = Place::new();
    place.says(&["manual", "man"]);
    let page = |name: &str| fs::read_to_string(place.path(&format!("man/{name}.1"))).unwrap();
    assert!(page("kith").contains("kith\\-serve(1)"), "{}", page("kith"));
    assert!(page("kith-serve").contains("\\-\\-listen"));
    assert!(page("kith-company-add").contains("\\-\\-region"));
    let refused = {
        fs::write(place.path("file"), "").unwrap();
        place.run(&["manual", "file/man"])
    };
    assert!(refused.code == Some(1) && refused.err.contains("file/man cannot be written"), "{}", refused.err);
}

#[test]
fn a_shell_completes_commands() {
    let place = Place::new();
    let script = "kith completions bash > kith.bash && . ./kith.bash && COMP_WORDS=(kith comp) COMP_CWORD=1 \
                  && _kith kith comp kith && echo \"${COMPREPLY[*]}\"";
    let done = finish(place.command("bash").args(["-c", script]));
    assert_eq!(done.out, "company completions\n", "{}", done.err);
}
