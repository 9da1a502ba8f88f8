//! Commands and servers as child processes, each in a folder of its own, none of which outlives its test.

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use tempfile::{NamedTempFile, TempDir};

pub use wait::until;

use crate::http::{self, Client, Login};

/// The binary that is tested.
const KITH: &str = env!("CARGO_BIN_EXE_kith");

/// Sends a signal to a process.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().unwrap();
    assert!(sent.success());
}

/// A folder to work in. Its store is `kith.db`, where commands look if they are told nothing else.
pub struct Place(TempDir);

/// What a command came to.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A command in this folder and in an environment that says nothing of Kith but where it is.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let folder = Path::new(KITH).parent().unwrap().display();
        let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
        command.current_dir(&self.0).env_clear().env("PATH", path).stdin(Stdio::null());
        command
    }

    pub fn kith(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(KITH);
        command.args(arguments);
        command
    }

    pub fn shell(&self, script: &str) -> Command {
        let mut command = self.command("sh");
        command.args(["-c", script]);
        command
    }

    /// Runs `kith` with arguments to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Done {
        finish(&mut self.kith(arguments))
    }

    /// Runs `kith` where it should do what it is told, and returns what it says.
    #[track_caller]
    pub fn says(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!(done.code, Some(0), "{arguments:?}: {}{}", done.out, done.err);
        done.out
    }

    /// Serves the store on a port of its own.
    #[track_caller]
    pub fn serve(&self) -> Server {
        self.serve_file("kith.db")
    }

    /// Serves the store of this name on a port of its own.
    #[track_caller]
    pub fn serve_file(&self, file: &str) -> Server {
        Server::start(&mut self.kith(&["serve", "--store", file, "--listen", "127.0.0.1:0"]))
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn finish(command: &mut Command) -> Done {
    let mut child = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let (out, err) = (drain(child.0.stdout.take().unwrap()), drain(child.0.stderr.take().unwrap()));
    let status = child.wait();
    Done { code: status.code(), out: out.join().unwrap(), err: err.join().unwrap() }
}

/// Reads beside the command, which would otherwise wait for room in a full pipe.
fn drain(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    })
}

/// A child process that does not outlive its test.
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Process {
        Process(command.spawn().unwrap())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// The value of a line of what the system says about it (proc(5), `/proc/pid/status`).
    #[track_caller]
    pub fn status(&self, line: &str) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let value = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
        value.unwrap_or_else(|| panic!("no {line} in {status}")).trim().to_owned()
    }

    /// A line with an amount of memory of the same, such as `VmRSS`.
    #[track_caller]
    pub fn memory_kib(&self, line: &str) -> u64 {
        self.status(line).strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        until("the process ends", || self.0.try_wait().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that runs until it is stopped, killed or dropped.
pub struct Server {
    pub process: Process,
    /// Where it was started.
    folder: PathBuf,
    out: NamedTempFile,
    err: NamedTempFile,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server and waits until it answers.
    #[track_caller]
    pub fn start(command: &mut Command) -> Server {
        Server::start_into(command, None, None)
    }

    /// Starts a server whose output, log or both go where nobody reads them.
    #[track_caller]
    pub fn start_into(command: &mut Command, stdout: Option<Stdio>, stderr: Option<Stdio>) -> Server {
        let server = Server::listening(command, stdout, stderr);
        assert_eq!(http::ask(server.address, "GET", "/healthz", &[], "").unwrap().status, 200);
        server
    }

    /// Starts a server that may speak TLS, and waits until it listens.
    #[track_caller]
    pub fn start_encrypted(command: &mut Command) -> Server {
        Server::listening(command, None, None)
    }

    #[track_caller]
    fn listening(command: &mut Command, stdout: Option<Stdio>, stderr: Option<Stdio>) -> Server {
        let (out, err) = (NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap());
        command.stdout(stdout.unwrap_or_else(|| out.reopen().unwrap().into()));
        command.stderr(stderr.unwrap_or_else(|| err.reopen().unwrap().into()));
        let mut process = Process::start(command);
        let address = until("the server says where it listens", || {
            let (out, log) = (read(&out), read(&err));
            let ended = process.0.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended with {ended:?}: {out}{log}");
            printed_address(&out).or_else(|| logged_address(&log))
        });
        let folder = command.get_current_dir().unwrap_or(Path::new(".")).to_owned();
        Server { process, folder, out, err, address }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// All that it printed so far.
    pub fn out(&self) -> String {
        read(&self.out)
    }

    /// All that it logged so far.
    pub fn log(&self) -> String {
        read(&self.err)
    }

    /// A client with the login that the server wrote into the file that it named at the start.
    #[track_caller]
    pub fn client(&self) -> Client {
        let out = self.out();
        let file = out.split("--netrc-file ").nth(1).unwrap_or_else(|| panic!("no login in {out}"));
        let file = self.folder.join(file.split(' ').next().unwrap());
        Client::new(self.address, Login::netrc(&fs::read_to_string(file).unwrap()))
    }

    /// Asks it to stop, and says how it ended.
    #[track_caller]
    pub fn stop(mut self, name: &str) -> ExitStatus {
        signal(self.id(), name);
        self.process.wait()
    }

    /// Waits for the end of one that was asked to stop.
    #[track_caller]
    pub fn ended(mut self) -> ExitStatus {
        self.process.wait()
    }

    /// Ends it as a power cut would: at once, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }
}

fn printed_address(out: &str) -> Option<SocketAddr> {
    out.strip_prefix("Kith listens on http://")?.split_once(' ')?.0.parse().ok()
}

/// Where a server listens that speaks to nobody, or is called by another name.
fn logged_address(log: &str) -> Option<SocketAddr> {
    log.split_once("serving listen=")?.1.split_once(' ')?.0.parse().ok()
}

fn read(file: &NamedTempFile) -> String {
    fs::read_to_string(file.path()).unwrap()
}

/// The writing end of a pipe that nobody reads from any more.
pub fn closed_pipe() -> Stdio {
    io::pipe().unwrap().1.into()
}

/// A file that has no room for anything.
pub fn full_file() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}
