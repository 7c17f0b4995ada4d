# This runbook measures nothing.
rb_baseline_is_taken() { :; }
rb_advance_watches() { :; }
rb_halt_watches() { :; }
rb_restart_watches() { :; }
rb_take_samples() { :; }
rb_drop_sample() { :; }
rb_stop_measuring() { :; }
rb_show_sample() { :; }
