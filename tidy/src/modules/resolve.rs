//! Resolves a path to the modules that define what it names.

use std::collections::BTreeSet;

use super::tree::Module;

/// Names of the prelude, which macros mention but do not define.
const PRELUDE: [&str; 31] = [
    "bool",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "str",
    "char",
    "String",
    "Vec",
    "Box",
    "Option",
    "Some",
    "None",
    "Result",
    "Ok",
    "Err",
    "Clone",
    "Debug",
    "Default",
    "Eq",
    "PartialEq",
];

/// What a path may name. One name can be both: a function and a module, say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(usize),
    /// An item of this module.
    Item(usize),
}

/// The lookups under way, so that imports in a circle end.
type Pending = BTreeSet<(usize, String)>;

/// Returns the modules that define the item that `path` names in the scope of `module`. None, if it is a module or not
/// of this crate.
pub fn definers(modules: &[Module], module: usize, path: &[String]) -> Vec<usize> {
    let targets = resolve(modules, module, path, &mut Pending::new());
    let definers: BTreeSet<usize> = targets
        .into_iter()
        .filter_map(|target| match target {
            Target::Item(module) => Some(module),
            Target::Module(_) => None,
        })
        .collect();
    definers.into_iter().collect()
}

fn resolve(modules: &[Module], module: usize, path: &[String], pending: &mut Pending) -> BTreeSet<Target> {
    let Some((first, rest)) = path.split_first() else { return BTreeSet::new() };
    let mut targets = match first.as_str() {
        "crate" => BTreeSet::from([Target::Module(0)]),
        "self" | "super" => step(modules, module, first, pending),
        name => lookup(modules, module, name, pending),
    };
    for name in rest {
        let mut next = BTreeSet::new();
        for target in &targets {
            if let Target::Module(module) = target {
                next.extend(step(modules, *module, name, pending));
            }
        }
        if next.is_empty() {
            // The rest is what an item has: a variant, an associated function.
            targets.retain(|target| matches!(target, Target::Item(_)));
            return targets;
        }
        targets = next;
    }
    targets
}

fn step(modules: &[Module], module: usize, name: &str, pending: &mut Pending) -> BTreeSet<Target> {
    match name {
        "self" => BTreeSet::from([Target::Module(module)]),
        "super" => modules[module].parent.map(Target::Module).into_iter().collect(),
        name => lookup(modules, module, name, pending),
    }
}

fn lookup(modules: &[Module], at: usize, name: &str, pending: &mut Pending) -> BTreeSet<Target> {
    let module = &modules[at];
    let mut targets = BTreeSet::new();
    targets.extend(module.items.contains(name).then_some(Target::Item(at)));
    targets.extend(module.children.get(name).copied().map(Target::Module));
    if !pending.insert((at, name.to_owned())) {
        return targets;
    }
    for import in module.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
        targets.extend(resolve(modules, at, &import.reference.path, pending));
    }
    if targets.is_empty() {
        for glob in module.imports.iter().filter(|import| import.name.is_none()) {
            for target in resolve(modules, at, &glob.reference.path, pending) {
                if let Target::Module(module) = target {
                    targets.extend(lookup(modules, module, name, pending));
                }
            }
        }
    }
    if targets.is_empty() && module.in_macros.contains(name) && !PRELUDE.contains(&name) {
        targets.insert(Target::Item(at));
    }
    pending.remove(&(at, name.to_owned()));
    targets
}
