# This runbook sends no requests.
rb_find_http_client() { :; }
