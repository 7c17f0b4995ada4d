//! How machines are reached: the arguments of ssh, and one connection that many
//! commands share.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::trouble::refused;
use crate::plan::{Host, Plan, SSH_COMMAND};

/// The connections of a run. They are let go when this is dropped; what still
/// runs over one keeps it.
#[derive(Debug, Default)]
pub struct Connections {
    /// Nobody else can look into it. Its path is short: a socket's must be.
    directory: Option<PathBuf>,
    hosts: BTreeMap<String, Arc<Connection>>,
}

/// How one machine is reached.
#[derive(Debug)]
pub struct Connection {
    host: Host,
    /// Where the runbook stands, for the paths of keys.
    from: PathBuf,
    /// What commands share; each connects by itself without it.
    socket: Option<PathBuf>,
    opened: OnceCell<()>,
}

/// No longer than this, and room for what ssh adds to it for a while.
const LONGEST_SOCKET: usize = 80;

impl Connections {
    /// Those that a plan may need. None is made yet.
    pub fn of(plan: &Plan, from: &Path) -> Connections {
        let tasks = plan.tasks();
        let names = tasks.iter().filter_map(|(_, task)| task.host.as_ref());
        let names: std::collections::BTreeSet<&String> = names.collect();
        if names.is_empty() {
            return Connections::default();
        }
        let directory = private_directory();
        let hosts = names.into_iter().enumerate().map(|(number, name)| {
            let socket = directory.as_ref().map(|it| it.join(number.to_string()));
            let connection = Connection {
                host: plan.host(name),
                from: from.to_owned(),
                socket: socket.filter(|it| it.as_os_str().len() <= LONGEST_SOCKET),
                opened: OnceCell::new(),
            };
            (name.clone(), Arc::new(connection))
        });
        Connections {
            hosts: hosts.collect(),
            directory,
        }
    }

    pub fn to(&self, host: &str) -> Option<Arc<Connection>> {
        self.hosts.get(host).cloned()
    }
}

/// A directory of this run's own, for sockets; without one nothing is shared.
fn private_directory() -> Option<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let places = runtime.into_iter().chain([PathBuf::from("/tmp")]);
    let mut bytes = [0_u8; 8];
    crate::run::state::random(&mut bytes).ok()?;
    let name = crate::source::hexadecimal(&bytes);
    places
        .filter(|place| place.is_absolute())
        .map(|place| place.join(format!("runbook-{name}")))
        .find(|place| std::fs::DirBuilder::new().mode(0o700).create(place).is_ok())
}

impl Drop for Connections {
    fn drop(&mut self) {
        for connection in self.hosts.values() {
            connection.let_go();
        }
        if let Some(directory) = &self.directory {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

impl Connection {
    /// Makes the connection that commands share, if it is not there yet.
    ///
    /// # Errors
    /// In words. Nothing has run there.
    pub async fn open(&self) -> Result<(), String> {
        let Some(socket) = &self.socket else {
            return Ok(());
        };
        self.opened.get_or_try_init(|| self.make(socket)).await?;
        Ok(())
    }

    async fn make(&self, socket: &Path) -> Result<(), String> {
        let log = socket.with_extension("log");
        let _ = std::fs::remove_file(&log);
        let mut command = tokio::process::Command::new("ssh");
        // In the background once it stands, for as long as somebody uses it and
        // a minute more.
        command
            .args(["-f", "-N", "-o", "ControlMaster=yes"])
            .args(["-o", "ControlPersist=60"])
            .args(self.options(&log))
            .arg("--")
            .arg(self.name())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the interpreter.
            .process_group(0)
            .kill_on_drop(true);
        match command.status().await {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(refused(&self.host.name, &log)),
            Err(error) => Err(format!("cannot start `ssh`: {error}")),
        }
    }

    /// The arguments of ssh for one command; what ssh itself says goes to `log`.
    pub fn arguments(&self, log: &Path) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["-o".into(), "ControlMaster=no".into()];
        arguments.extend(self.options(log));
        arguments.push("--".into());
        arguments.push(self.name().into());
        arguments.push(SSH_COMMAND.into());
        arguments
    }

    /// As ssh wants it: without the brackets of an address.
    fn name(&self) -> &str {
        self.host.name.trim_matches(['[', ']'])
    }

    /// The first of several values counts for ssh: the author's stand before
    /// those that can be changed.
    fn options(&self, log: &Path) -> Vec<OsString> {
        let mut options: Vec<OsString> = vec!["-T".into(), "-E".into(), log.into()];
        let mut option = |value: OsString| {
            options.push("-o".into());
            options.push(value);
        };
        option("BatchMode=yes".into());
        match &self.socket {
            Some(socket) => {
                let mut path = OsString::from("ControlPath=");
                path.push(socket);
                option(path);
            }
            None => option("ControlPath=none".into()),
        }
        for own in &self.host.options {
            option(own.into());
        }
        option("ConnectTimeout=10".into());
        option("ServerAliveInterval=15".into());
        option("ServerAliveCountMax=3".into());
        option("ForwardAgent=no".into());
        if let Some(identity) = &self.host.identity {
            option("IdentitiesOnly=yes".into());
            let path = if identity.starts_with('~') {
                PathBuf::from(identity)
            } else {
                self.from.join(identity)
            };
            options.push("-i".into());
            options.push(path.into());
        }
        if let Some(user) = &self.host.user {
            options.push("-l".into());
            options.push(user.into());
        }
        if let Some(port) = self.host.port {
            options.push("-p".into());
            options.push(port.to_string().into());
        }
        options
    }

    /// Takes no more commands; ends when those that run have ended.
    fn let_go(&self) {
        let (Some(socket), Some(())) = (&self.socket, self.opened.get()) else {
            return;
        };
        let mut path = OsString::from("ControlPath=");
        path.push(socket);
        let told = Command::new("ssh")
            .args(["-O", "stop", "-o"])
            .arg(path)
            .arg("--")
            .arg(self.name())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        // One that is gone needs not be told.
        drop(told);
    }
}
