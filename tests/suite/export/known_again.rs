//! What a script that was killed has started is known again by who takes the run up,
//! and nothing else is taken for it.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::locks::{BORN_OTHERWISE, Session};
use super::shells;
use super::signals::SLOW;
use super::taken_up::{TWO, about_to_begin};
use super::world::{World, ended, wait_until};

/// Whoever has the number of a step's process now is left alone, and nobody knows how
/// the step ended.
#[test]
fn what_is_another_process_is_neither_waited_for_nor_ended() {
    let all = [
        // The machine was started anew before it could begin, or while it ran; and
        // numbers were used again.
        (true, None),
        (true, Some("")),
        (false, Some(BORN_OTHERWISE)),
    ];
    for (number, (started_anew, born)) in all.into_iter().enumerate() {
        for shell in shells::by_turn(number) {
            let world = World::new(TWO, &[]);
            world.export(&[]).expect("it can be exported");
            about_to_begin(&world, shell);
            let run = world.script_run();
            if started_anew {
                started_before_the_machine(&world);
            }
            let mut session = Session::begin(&world);
            if let Some(born) = born {
                let mut leader = format!("{} {born}\n", session.written_down());
                if started_anew {
                    leader = format!("{} before\n", leader.split(' ').next().unwrap_or(""));
                }
                std::fs::write(run.join("step_two.1.pid"), leader).expect("it can be written");
            }
            let told = world.script(shell, &["--resume"]);
            let about = format!("{shell:?} {started_anew} {born:?}\n{}", told.text);
            assert_eq!(told.status, Some(5), "{about}");
            assert!(told.text.contains("`two` waits for a person"), "{about}");
            assert_eq!(world.effects(), ["do one"], "{about}");
            assert!(session.goes_on(), "{about}");
        }
    }
}

/// The machine was started anew since the run began.
fn started_before_the_machine(world: &World) {
    let journal = world.journal();
    let boot = journal.split(' ').nth(5).expect("the machine's start");
    let journal = journal.replacen(boot, "before", 1);
    std::fs::write(world.script_run().join("journal"), journal).expect("it can be written");
}

/// The machine was started anew, the run was gone on with, and killed.
#[test]
fn what_began_after_a_new_start_of_the_machine_is_not_begun_again() {
    for shell in shells::by_turn(1) {
        let world = World::new(SLOW, &[]);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || world.effects().len() >= 2);
        kill_process(Pid::from_child(&child), Signal::KILL).expect("it is there");
        ended(&shell, &mut child);
        started_before_the_machine(&world);
        let told = std::thread::scope(|scope| {
            let told = scope.spawn(|| world.script(shell, &["--resume"]));
            wait_until(&shell, || world.journal().contains(" resumed "));
            // What is wrong shows soon after it.
            std::thread::sleep(Duration::from_secs(1));
            world.write("go", "");
            told.join().expect("it ends")
        });
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
    }
}

/// That it was to begin was lost with the end of the journal, as by a crash.
#[test]
fn what_goes_on_is_not_begun_again_though_its_intent_was_lost() {
    for shell in shells::by_turn(3) {
        let world = World::new(SLOW, &[]);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || world.effects().len() >= 2);
        kill_process(Pid::from_child(&child), Signal::KILL).expect("it is there");
        ended(&shell, &mut child);
        let intent = " intended step_two";
        let journal = world.journal();
        let (before, _) = journal.split_once(intent).expect("it began");
        let end = before.rfind('\n').expect("a line") + 1;
        let journal = world.script_run().join("journal");
        std::fs::write(journal, &before[..end]).expect("it can be written");
        let told = std::thread::scope(|scope| {
            let told = scope.spawn(|| world.script(shell, &["--resume"]));
            wait_until(&shell, || world.journal().contains(intent));
            world.write("go", "");
            told.join().expect("it ends")
        });
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
    }
}
