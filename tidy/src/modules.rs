//! The modules of a crate, and which module uses items that which other one defines.
//!
//! Paths are resolved to the module that *defines* an item, through any number of re-exports, so a dependency cannot hide
//! behind `use crate::Thing`. A re-export itself (`pub use`, `pub(crate) use`) is no dependency; using the name is.
//! Left out are items for tests only, and methods: a call `thing.method()` names no module.

mod read;
mod resolve;
mod scan;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use resolve::definers;
use tree::Module;

/// The modules of a crate. The first one is its root.
#[derive(Debug)]
pub struct Crate {
    modules: Vec<Module>,
}

/// The first place where one module uses another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// The file, relative to `src`.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The path as it is written there.
    pub path: String,
}

/// For each module, by name, the modules whose items it uses.
pub type Uses = BTreeMap<String, BTreeMap<String, Use>>;

impl Crate {
    /// Parses the crate whose root is the file `root` of `files`. Paths are relative to its `src`.
    ///
    /// # Panics
    ///
    /// Panics if a file does not parse, or the file of a module is missing.
    pub fn parse(root: &Path, files: &BTreeMap<PathBuf, String>) -> Crate {
        let mut modules = Vec::new();
        read::module(&mut modules, Module { file: root.to_owned(), ..Module::default() }, files);
        Crate { modules }
    }

    /// Returns which module uses items of which other module.
    pub fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (at, module) in self.modules.iter().enumerate() {
            let own = uses.entry(self.name(at)).or_default();
            let imports = module.imports.iter().filter(|import| !import.is_reexport).map(|import| &import.reference);
            for reference in imports.chain(&module.references) {
                for definer in definers(&self.modules, at, &reference.path) {
                    if definer != at {
                        own.entry(self.name(definer)).or_insert_with(|| Use {
                            file: module.file.clone(),
                            line: reference.line,
                            path: reference.path.join("::"),
                        });
                    }
                }
            }
        }
        uses
    }

    fn name(&self, module: usize) -> String {
        let path = &self.modules[module].path;
        if path.is_empty() { "crate".to_owned() } else { path.join("::") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The uses of a made-up crate, each written `user > definer`.
    fn uses(files: &[(&str, &str)]) -> Vec<String> {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        let uses = Crate::parse(Path::new("lib.rs"), &files).uses();
        uses.iter().flat_map(|(user, used)| used.keys().map(move |used| format!("{user} > {used}"))).collect()
    }

    #[test]
    fn an_import_is_a_use_of_the_module_that_defines_the_item() {
        let a = "use crate::b::B; pub struct A(B);";
        assert_eq!(uses(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "pub struct B;")]), ["a > b"]);
    }

    #[test]
    fn a_reexport_at_the_root_hides_nothing() {
        let root = "mod a; mod b; pub use a::A; pub use b::{B, make as build};";
        let a = "use crate::{B, build}; pub struct A(B);";
        let b = "pub struct B; pub fn make() -> crate::A { crate::A }";
        assert_eq!(uses(&[("lib.rs", root), ("a.rs", a), ("b.rs", b)]), ["a > b", "b > a"]);
    }

    #[test]
    fn a_reexport_is_no_use_but_its_name_in_the_code_is() {
        let files = |root| uses(&[("lib.rs", root), ("a.rs", "pub struct A;")]);
        assert_eq!(files("mod a; pub use a::A;"), [""; 0]);
        assert_eq!(files("mod a; pub use a::A; pub fn f() -> A { A }"), ["crate > a"]);
    }

    #[test]
    fn globs_are_looked_through() {
        let root = "mod a; mod b; mod c; pub use b::*;";
        let b = "pub use crate::c::*;";
        let c = "pub struct C;";
        let files = |a| uses(&[("lib.rs", root), ("a.rs", a), ("b.rs", b), ("c.rs", c)]);
        assert_eq!(files("use crate::C;"), ["a > c"]);
        assert_eq!(files("use crate::*; fn f(_: C) {}"), ["a > c"]);
        assert_eq!(files("use crate::*; fn f(_: Vec<u8>) {}"), [""; 0]);
    }

    #[test]
    fn globs_in_a_circle_end() {
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "pub use crate::b::*; use Missing as M;")];
        assert_eq!(uses(&[files[0], files[1], ("b.rs", "pub use crate::a::*;")]), [""; 0]);
    }

    #[test]
    fn nested_modules_have_files_of_their_own() {
        let root = "mod a; pub use a::b::B;";
        let files = [("lib.rs", root), ("a.rs", "pub mod b; mod c { use super::b::B; mod d; }")];
        let all = [files[0], files[1], ("a/b.rs", "pub struct B;"), ("a/c/d.rs", "fn f(_: crate::B) {}")];
        assert_eq!(uses(&all), ["a::c > a::b", "a::c::d > a::b"]);
        assert_eq!(uses(&[("lib.rs", "mod a;"), ("a/mod.rs", "mod b;"), ("a/b.rs", "")]), [""; 0]);
    }

    #[test]
    fn super_is_the_module_above() {
        let a = "mod b; pub struct A; fn f() { b::g() }";
        let b = "pub fn g() -> super::A { super::super::h(); super::A }";
        let files = [("lib.rs", "mod a; fn h() {}"), ("a.rs", a), ("a/b.rs", b)];
        assert_eq!(uses(&files), ["a > a::b", "a::b > a", "a::b > crate"]);
    }

    #[test]
    fn siblings_in_scope_are_found_by_name() {
        let v = "mod a; mod b;";
        let a = "use super::b; fn f() { b::g() } use b::H as J;";
        let files = [("lib.rs", "mod v;"), ("v.rs", v), ("v/a.rs", a), ("v/b.rs", "pub fn g() {} pub struct H;")];
        assert_eq!(uses(&files), ["v::a > v::b"]);
    }

    #[test]
    fn a_module_and_a_function_may_have_one_name() {
        let root = "mod copy; mod a; pub use copy::copy;";
        let files = |a| uses(&[("lib.rs", root), ("a.rs", a), ("copy.rs", "pub fn copy() {} pub struct Copied;")]);
        assert_eq!(files("fn f() { crate::copy(); }"), ["a > copy"]);
        assert_eq!(files("use crate::copy::Copied;"), ["a > copy"]);
    }

    #[test]
    fn paths_in_macros_and_attributes_count() {
        let files = |a| uses(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "pub fn g() {} pub struct B;")]);
        assert_eq!(files("fn f() { println!(\"{}\", crate::b::g()); }"), ["a > b"]);
        assert_eq!(files("#[serde(with = \"crate::b::g\")] struct S;"), ["a > b"]);
        assert_eq!(files("/// See [`crate::b::B`].\nstruct S;"), [""; 0]);
        assert_eq!(files("fn f(x: X) { x.crate_b(); \"crate::b::B\"; }"), [""; 0]);
    }

    #[test]
    fn macros_may_define_items() {
        let id = "macro_rules! id { ($name:ident) => { pub struct $name(u64); pub fn of_macro() {} } } id!(ContactId);";
        let files = |a| uses(&[("lib.rs", "mod a; mod id; pub use id::*;"), ("a.rs", a), ("id.rs", id)]);
        assert_eq!(files("use crate::ContactId;"), ["a > id"]);
        assert_eq!(files("use crate::id::of_macro;"), ["a > id"]);
        assert_eq!(files("use crate::*; fn f(_: u64) -> Option<String> { None }"), [""; 0]);
    }

    #[test]
    fn variants_and_associated_items_belong_to_their_type() {
        let root = "mod a; mod b; pub use b::Kind;";
        let b = "pub enum Kind { One } impl Kind { pub fn new() {} }";
        let files = |a| uses(&[("lib.rs", root), ("a.rs", a), ("b.rs", b)]);
        assert_eq!(files("fn f() { crate::Kind::new() }"), ["a > b"]);
        assert_eq!(files("fn f() { use crate::Kind::One; }"), ["a > b"]);
        assert_eq!(files("use crate::Kind::*;"), ["a > b"]);
    }

    #[test]
    fn what_is_for_tests_only_is_left_out() {
        let files = |a| uses(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "pub struct B;")]);
        assert_eq!(files("#[cfg(test)] mod tests { use crate::b::B; }"), [""; 0]);
        assert_eq!(files("#[cfg(test)] mod tests;"), [""; 0]);
        assert_eq!(files("#[cfg(test)] use crate::b::B;"), [""; 0]);
        assert_eq!(files("struct A; impl A { #[cfg(test)] fn f(_: crate::b::B) {} }"), [""; 0]);
        assert_eq!(files("struct A; impl A { #[cfg(test)] #[inline] fn f() {} fn g(_: crate::b::B) {} }"), ["a > b"]);
        assert_eq!(files("#[cfg(not(test))] use crate::b::B;"), ["a > b"]);
    }

    #[test]
    fn other_crates_are_no_modules() {
        let a = "use store::B; use ::b::B as C; fn f() { std::mem::drop(1) }";
        assert_eq!(uses(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "pub struct B;")]), [""; 0]);
    }

    #[test]
    fn a_use_says_where_it_is() {
        let files = [
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "//! A.\n\nuse crate::b::{\n    B,\n};"),
            ("b.rs", "pub struct B;"),
        ];
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        let uses = Crate::parse(Path::new("lib.rs"), &files).uses();
        assert_eq!(uses["a"]["b"], Use { file: "a.rs".into(), line: 4, path: "crate::b::B".into() });
    }
}
