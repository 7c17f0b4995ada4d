# This runbook has no secrets.
rb_fetch_secrets() { :; }
