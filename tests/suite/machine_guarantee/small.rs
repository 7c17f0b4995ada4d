//! One small runbook for each thing a runbook can say.

use super::keeps;

#[test]
fn one_step() {
    keeps("step a { $ ./a\n rollback $ ./undo\n timeout 1m }");
}
