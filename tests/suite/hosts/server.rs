//! An OpenSSH server on the loopback addresses, with keys of its own.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::keepers;

/// A server, a runbook beside it, and all that ssh needs to reach it.
pub struct Server {
    place: tempfile::TempDir,
    sshd: Option<Child>,
    pub port: u16,
}

impl Server {
    pub fn start() -> Server {
        let place = tempfile::tempdir().expect("a directory");
        for key in ["host", "user", "stranger"] {
            keygen(&place.path().join(key));
        }
        fs::copy(
            place.path().join("user.pub"),
            place.path().join("authorized"),
        )
        .expect("a key");
        let mut server = Server {
            place,
            sshd: None,
            port: 0,
        };
        // Somebody else may take the port between asking and listening.
        for _ in 0..10 {
            if server.listen() {
                return server;
            }
        }
        panic!("no sshd: {}", server.read("sshd.log"));
    }

    pub fn path(&self) -> &Path {
        self.place.path()
    }

    pub fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn listen(&mut self) -> bool {
        self.port = free_port();
        let at = |name: &str| self.path().join(name).display().to_string();
        let addresses: String = (1..=5)
            .map(|last| format!("ListenAddress 127.0.0.{last}\n"))
            .collect();
        let config = format!(
            "Port {}\n{addresses}HostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin yes\nLogLevel VERBOSE\n",
            self.port,
            at("host"),
            at("authorized"),
        );
        fs::write(self.path().join("sshd_config"), config).expect("a file");
        let known: String = (1..=5)
            .map(|last| format!("[127.0.0.{last}]:{} {}", self.port, self.read("host.pub")))
            .collect();
        fs::write(self.path().join("known"), known).expect("a file");
        // It wants to be called by its whole path, and a place to lock itself
        // into when it is started by root.
        let _ = fs::create_dir_all("/run/sshd");
        let sshd = Command::new(sshd())
            .arg("-D")
            .arg("-f")
            .arg(self.path().join("sshd_config"))
            .arg("-E")
            .arg(self.path().join("sshd.log"))
            .stdin(Stdio::null())
            .spawn()
            .expect("install openssh-server");
        let sshd = self.sshd.insert(sshd);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            if !matches!(sshd.try_wait(), Ok(None)) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// The lines of `via`, with this key, that reach it.
    pub fn via(&self, key: &str) -> String {
        format!(
            "via ssh {{\n  port {}\n  identity \"{key}\"\n  options \"UserKnownHostsFile={}\"\n}}",
            self.port,
            self.path().join("known").display()
        )
    }

    /// Writes a runbook that begins with all the server's addresses as
    /// `hosts.web`, and with this folder as `where`.
    pub fn write(&self, rest: &str) {
        let (via, place) = (self.via("user"), self.path().display());
        let head = format!(
            "runbook \"Fleet\"\nhosts web = [\"127.0.0.1\", \"127.0.0.2\", \"127.0.0.3\", \"127.0.0.4\"] {via}\n\
             param where: string = \"{place}\"\n\
             defaults {{ timeout 1m }}\n"
        );
        self.write_whole(&(head + rest));
    }

    pub fn write_whole(&self, text: &str) {
        fs::write(self.path().join("t.runbook"), text).expect("a file");
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("RUNBOOK_STATE", self.path().join("state"))
            .env("PLACE", self.path())
            .env("TMPDIR", self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs `runbook exec` with these arguments; its status, and all it said.
    pub fn exec(&self, arguments: &[&str]) -> (i32, String) {
        let arguments = [&["exec", "t.runbook"], arguments].concat();
        let output = self.command(&arguments).output().expect("it starts");
        said(&output)
    }

    pub fn wait_for(&self, name: &str) {
        let began = Instant::now();
        while !self.path().join(name).exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "no `{name}`");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// How many logins there were.
    pub fn logins(&self) -> usize {
        self.read("sshd.log").matches("Accepted publickey").count()
    }

    pub fn forget_known_hosts(&self) {
        File::create(self.path().join("known")).expect("a file");
    }

    /// Cuts every connection, and listens no more.
    pub fn cut(&mut self) {
        let sshd = self.sshd.as_ref().map(Pid::from_child);
        let children = sshd.map(keepers::children).unwrap_or_default();
        self.stop();
        for child in children {
            // It may have ended with the one that started it.
            let _ = kill_process(child, Signal::KILL);
        }
    }

    /// Listens no more.
    fn stop(&mut self) {
        if let Some(mut sshd) = self.sshd.take() {
            let _ = sshd.kill();
            let _ = sshd.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn said(output: &Output) -> (i32, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn sshd() -> PathBuf {
    ["/usr/sbin/sshd", "/usr/bin/sshd"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect("install openssh-server")
}

fn keygen(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .expect("install openssh-client");
    assert!(made.success());
}
