//! What ends a cluster with the process that started it, even one that is killed.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ends a cluster and removes its folder when it is dropped, and when this process ends.
pub struct Watch(Child);

impl Watch {
    /// Watches over all that will work in a folder.
    pub fn start(folder: &Path) -> Watch {
        let mut command = Command::new("sh");
        command.args(["-c", include_str!("watch.sh"), "sh"]).arg(folder).stdin(Stdio::piped());
        // Whoever reads what this process says is not to wait for the watch.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        // What is sent to all of this process's group, as Ctrl-C or a kill of all of it, does not reach the watch.
        command.process_group(0);
        Watch(command.spawn().expect("sh, which every machine has"))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Waiting closes its input first.
        let _ = self.0.wait();
    }
}
