//! Reads modules from files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use quote::ToTokens as _;
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use super::scan;
use super::tree::{Import, Module, Reference};
use crate::code::Code;

/// Adds a module and all below it, reading the module's file.
pub fn module(modules: &mut Vec<Module>, module: Module, files: &BTreeMap<PathBuf, String>) {
    let text = files.get(&module.file).unwrap_or_else(|| panic!("{}: no such file", module.file.display()));
    let name = module.file.display().to_string();
    let file: syn::File = syn::parse2(Code::parse(&name, text).shipped).unwrap_or_else(|error| {
        let at = error.span().start();
        panic!("{name}:{}:{}: {error}", at.line, at.column + 1)
    });
    add(modules, module, &file.attrs, file.items, files);
}

fn add(
    modules: &mut Vec<Module>,
    mut module: Module,
    attributes: &[Attribute],
    items: Vec<Item>,
    files: &BTreeMap<PathBuf, String>,
) {
    let mut children = Vec::new();
    for attribute in attributes {
        scan::tokens(&mut module, attribute.to_token_stream());
    }
    for item in items {
        match item {
            Item::Mod(child) => children.push(child),
            item => read(&mut module, item),
        }
    }
    let at = modules.len();
    let (path, file) = (module.path.clone(), module.file.clone());
    modules.push(module);
    for child in children {
        let ItemMod { ident, content, attrs, .. } = child;
        let name = ident.to_string();
        let path = [&path[..], std::slice::from_ref(&name)].concat();
        let next = modules.len();
        modules[at].children.insert(name, next);
        let new = Module { parent: Some(at), path, ..Module::default() };
        if let Some((_, items)) = content {
            add(modules, Module { file: file.clone(), ..new }, &attrs, items, files);
        } else {
            let file = file_of(&new.path, files);
            self::module(modules, Module { file, ..new }, files);
        }
    }
}

/// The file of a module: `a/b.rs`, or `a/b/mod.rs`.
fn file_of(path: &[String], files: &BTreeMap<PathBuf, String>) -> PathBuf {
    let folder: PathBuf = path.iter().collect();
    let file = folder.with_extension("rs");
    if files.contains_key(&file) { file } else { folder.join("mod.rs") }
}

fn read(module: &mut Module, item: Item) {
    let name = match &item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        Item::Impl(_) | Item::Use(_) => None,
        _ => panic!("{}: an item of a kind that is not handled", module.file.display()),
    };
    module.items.extend(name.map(ToString::to_string));
    match item {
        Item::Use(item) => import(module, &item),
        Item::Macro(item) => {
            scan::names(&item.mac.tokens, &mut module.in_macros);
            scan::tokens(module, item.to_token_stream());
        }
        item => scan::tokens(module, item.to_token_stream()),
    }
}

/// Adds the names that a `use` brings into scope.
pub fn import(module: &mut Module, item: &ItemUse) {
    if item.leading_colon.is_none() {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        tree(module, is_reexport, &mut Vec::new(), &item.tree);
    }
}

fn tree(module: &mut Module, is_reexport: bool, path: &mut Vec<String>, item: &UseTree) {
    let mut add = |name: Option<String>, last: Option<&syn::Ident>, line: usize| {
        // `self` at the end of a path is what the path names.
        let last = last.filter(|last| path.is_empty() || *last != "self").map(ToString::to_string);
        let name = name.map(|name| if name == "self" { path.last().cloned().unwrap_or(name) } else { name });
        let path = path.iter().cloned().chain(last).collect();
        module.imports.push(Import { name, is_reexport, reference: Reference { path, line } });
    };
    match item {
        UseTree::Name(item) => add(Some(item.ident.to_string()), Some(&item.ident), item.ident.span().start().line),
        UseTree::Rename(item) => add(Some(item.rename.to_string()), Some(&item.ident), item.ident.span().start().line),
        UseTree::Glob(item) => add(None, None, item.star_token.spans[0].start().line),
        UseTree::Path(item) => {
            path.push(item.ident.to_string());
            tree(module, is_reexport, path, &item.tree);
            path.pop();
        }
        UseTree::Group(group) => {
            for item in &group.items {
                tree(module, is_reexport, path, item);
            }
        }
    }
}
