//! When a script lets go of its locks: last, so that a run which is waiting for
//! them never meets one that is half over.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::shells;
use super::world::{World, ended, wait_until};

/// Its watch is never done with measuring.
const WATCHED: &str = r#"runbook "Watched"
lock "target"
defaults { timeout 1m }
metric slow: percent = $ echo $$ >measuring.new; mv measuring.new measuring; exec sleep 1000
phase look {
  step one {
    $ until test -e go; do sleep 0.02; done
    rollback $ ./act undo one
  }
}
watch eye during look every 1s {
  rollback when slow > 5%
}
"#;

/// Stands for `rm`: of a lock that is removed it writes down what is there at that
/// moment of the run that holds it.
const RM: &str = r#"#!/bin/sh
case $* in
  */locks/target | */driver)
    read -r process host run <"$2/holder"
    {
      tail -n 1 "$run/journal" | sed "s|^[0-9]*|${2##*/}:|"
      for leader in "$run"/*.pid "$PWD/measuring"; do
        read -r process rest <"$leader" || continue
        state=$(sed 's/.*) \(.\).*/\1/' "/proc/$process/stat" 2>/dev/null) || continue
        [ "$state" = Z ] || echo "alive: ${leader##*/}"
      done
      for sample in "$run"/sample-*; do
        [ ! -e "$sample" ] || echo "there: ${sample##*/}"
      done
    } >>unlocked
    ;;
esac
exec /bin/rm "$@"
"#;

#[test]
fn the_locks_are_let_go_after_the_last_word_with_nothing_alive() {
    for shell in shells::installed() {
        for (hangs_up, outcome) in [(false, "succeeded"), (true, "waiting")] {
            let world = World::new(WATCHED, &[]);
            world.stand_in("rm", RM);
            let mut child = world.begin_script(shell);
            wait_until(&shell, || world.path().join("measuring").exists());
            if hangs_up {
                let group = Pid::from_child(&child);
                kill_process_group(group, Signal::HUP).expect("it is there");
                wait_until(&shell, || world.journal().contains(" pause_requested "));
            }
            world.write("go", "");
            let status = ended(&shell, &mut child);
            let wanted = if hangs_up { 5 } else { 0 };
            assert_eq!(status, Some(wanted), "{shell:?}");
            let seen = format!("driver: closed {outcome} .\ntarget: closed {outcome} .\n");
            assert_eq!(world.read("unlocked"), seen, "{shell:?}");
        }
    }
}

/// Two steps; the undo of the second takes until it is told to end.
const SLOW: &str = r#"runbook "Slow"
lock "target"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
step two {
  $ ./act do two; until test -e go; do sleep 0.05; done
  rollback $ ./act undo two; until test -e go; do sleep 0.05; done
}
"#;

#[test]
fn what_goes_on_by_itself_keeps_the_target_locked() {
    for shell in shells::installed() {
        let world = World::new(SLOW, &[]);
        let mut child = world.begin_script(shell);
        let done = |count: usize| wait_until(&shell, || world.effects().len() >= count);
        let end = || kill_process(Pid::from_child(&child), Signal::TERM).expect("it is there");
        done(2);
        end();
        done(3);
        end();
        wait_until(&shell, || {
            world.journal().matches(" rollback_requested ").count() == 2
        });
        end();
        let status = ended(&shell, &mut child);
        assert_eq!(status, Some(5), "{shell:?}");
        let lock = world.path().join("state/exported/locks/target");
        assert!(lock.exists(), "{shell:?}");
        let other = world.script(shell, &[]);
        assert_eq!(other.status, Some(6), "{shell:?}\n{}", other.text);
        world.write("go", "");
        let resumed = world.script(shell, &["--resume"]);
        assert_eq!(resumed.status, Some(3), "{shell:?}\n{}", resumed.text);
        assert!(!lock.exists(), "{shell:?}");
        let wanted = ["do one", "do two", "undo two", "undo one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}
