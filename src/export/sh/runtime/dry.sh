# A dry run prints what would run: the same functions, in a shell of their own
# in which commands are printed.

rb_dry_run() {
  rb_say "$rb_title_of_run"
  rb_say 'a dry run: nothing is run, asked or measured'
  if [ -n "${rb_baseline_metrics-}" ]; then
    rb_say 'baseline   measured before anything begins'
    rb_dry_metrics "$rb_baseline_metrics"
  fi
  for rb_node in $rb_nodes; do
    eval "rb_kind=\$rbn_kind_$rb_node rb_title=\$rbn_name_$rb_node rb_skip=\${rbn_skip_$rb_node-} rb_needs=\$rbn_needs_$rb_node"
    rb_get "rbn_undos_$rb_node"
    # Of a block there is something to tell where all of it is undone at once.
    case $rb_kind,$rb_got in open, | close,* | leave,*) continue ;; open,*) rb_kind=block ;; esac
    rb_get "rbn_taken_$rb_node"
    if [ -n "$rb_got" ]; then rb_say "$rb_kind $rb_title: taken as done"; continue; fi
    if [ -n "$rb_skip" ]; then rb_say "$rb_kind $rb_title: skipped ($rb_skip)"; continue; fi
    rb_names "$rb_needs"
    rb_say "$rb_kind $rb_title${rb_got:+   after $rb_got}"
    rb_dry_way_back "$rb_node"
    for rb_c in captures probe forward undos; do rb_dry_part "$rb_node" "$rb_c"; done
    eval "rb_conditions=\${rbn_conditions_$rb_node-}"
    for rb_c in $rb_conditions; do rb_dry_condition "$rb_c"; done
  done
  for rb_w in ${rb_watches-}; do rb_dry_watch "$rb_w"; done
}

# The way back of a step that has no undo of its own.
rb_dry_way_back() {
  eval "rb_got=\${rbn_back_$1-} rb_words=\${rbn_why_$1-}"
  case $rb_got in
    harmless) rb_say "    nothing to undo: $rb_words" ;;
    irreversible)
      rb_say "    POINT OF NO RETURN: $rb_words"
      rb_get "rbn_whatnext_$1"
      rb_say "    then $rb_got" ;;
    block:*) rb_names "${rb_got#block:}"; rb_say "    undone with all of $rb_got" ;;
  esac
}

rb_dry_condition() {
  eval "rb_kind=\$rbc_kind_$1 rb_words=\${rbc_words_$1-} rb_list=\${rbc_metrics_$1-} rb_task=\${rbc_task_$1-}"
  eval "rb_got=\${rbc_for_$1-}"
  if [ "$rb_kind" = 'wait' ]; then rb_elapsed "$rb_got"; rb_words=$rb_got; fi
  rb_say "    $rb_kind${rb_words:+ $rb_words}"
  [ -z "$rb_task" ] || rb_dry_task "$rb_task"
  [ -n "$rb_list" ] || return 0
  rb_dry_comparisons "$1"
  eval "rb_elapsed \"\$rbc_for_$1\""
  case $rb_kind in until) rb_words="within $rb_got" ;; *) rb_words="for $rb_got" ;; esac
  eval "rb_elapsed \"\$rbc_every_$1\"; rb_count=\${rbc_tolerate_$1:-0}"
  rb_words="$rb_words, looked at every $rb_got"
  case $rb_count in
    0) ;;
    1) rb_words="$rb_words, and one failing sample is tolerated" ;;
    *) rb_words="$rb_words, and $rb_count failing samples are tolerated" ;;
  esac
  rb_say "      $rb_words"
  rb_dry_metrics "$rb_list"
}

# What stands beside phases, and by which rules.
rb_dry_watch() {
  eval "rb_title=\$rbw_name_$1 rb_list=\$rbw_during_$1 rb_rules=\$rbw_rules_$1"
  rb_needs=''
  for rb_word in $rb_list; do rb_needs="$rb_needs ${rb_word%%:*}"; done
  rb_names "$rb_needs"; rb_words=$rb_got
  eval "rb_elapsed \"\$rbw_every_$1\""
  rb_say "watch $rb_title   beside $rb_words, looked at every $rb_got"
  for rb_r in $rb_rules; do
    eval "rb_say \"    \$rbr_action_$rb_r when\"; rb_for=\$rbr_for_$rb_r"
    rb_dry_comparisons "$rb_r"
    if [ "$rb_for" -gt 0 ]; then rb_elapsed "$rb_for"; rb_say "      for $rb_got"; fi
  done
  eval "rb_dry_metrics \"\$rbw_metrics_$1\""
}

# What is compared; of several, whether all or one of them must be so.
rb_dry_comparisons() {
  eval "rb_got=\$rbp_$1"
  rb_got=$(rb_write "$rb_got" | awk -F '\t' '
    {
      while (depth > 0 && !parts[depth]) depth--
      if (depth > 0) parts[depth]--
      if ($1 != "compare" && $2 == 1) { if (depth > 0) parts[depth]++; next }
      space = "      "
      for (i = 0; i < depth; i++) space = space "  "
      if ($1 == "compare") print space $15
      else { print space ($1 == "any" ? "one of" : "all of"); parts[++depth] = $2 }
    }')
  rb_say "$rb_got"
}

# What measures them.
rb_dry_metrics() {
  for rb_task in $1; do
    rb_say "    metric $rb_task"
    rb_dry_run_of "metric_$rb_task"
  done
}

rb_dry_part() {
  case $2 in
    captures) eval "rb_list=\${rbn_captures_$1-}" ;;
    probe) eval "rb_list=\${rbn_probe_$1-}" ;;
    forward) eval "rb_list=\${rbn_run_$1-}" ;;
    undos) eval "rb_list=\${rbn_undos_$1-}" ;;
  esac
  for rb_task in $rb_list; do rb_dry_task "$rb_task"; done
}

rb_dry_task() {
  eval "rb_label=\$rbt_label_$1 rb_run=\$rbt_run_$1"
  rb_say "    $rb_label"
  rb_dry_run_of "$rb_run"
  rb_get "rbt_verify_$1"
  [ -z "$rb_got" ] || rb_dry_task "$rb_got"
}

# rb_dry_run_of FUNCTION: what it would run.
rb_dry_run_of() {
  (
    rb_pretend
    rb_sh() { while IFS= read -r rb_l; do rb_say "      \$ $rb_l"; done; }
    rb_take() { rb_say "      ($1 from $3)"; }
    rb_let() { rb_say "      $1=$2"; }
    rb_secret() { rb_say "      $1=(secret)"; }
    rb_in() { rb_say "      in $1"; }
    rb_on() { rb_say "      on $2"; }
    rb_request() { rb_said_method=$1; }
    rb_address() { rb_open_part "$rb_filled"; rb_say "      http $rb_said_method $rb_got"; }
    rb_query() { rb_say "      query $rb_filled"; }
    rb_postmortem() { rb_say "      writes $1"; }
    "$1"
  )
}

# From here on the functions of tasks do nothing.
rb_pretend() {
  rb_why=''
  rb_must_have_run() { :; }
  rb_sh() { :; }
  rb_bash() { rb_sh; }
  rb_take() { :; }
  rb_let() { :; }
  rb_secret() { :; }
  rb_in() { :; }
  rb_on() { :; }
  rb_request() { :; }
  rb_url() { :; }
  rb_address() { :; }
  rb_header() { :; }
  rb_body() { :; }
  rb_slack_body() { :; }
  rb_webhook_body() { :; }
  rb_send() { :; }
  rb_post() { :; }
  rb_fill_value() { rb_filled="$rb_filled{${1##*__}}"; }
  rb_fill_run_value() { rb_filled="$rb_filled{run.$1}"; }
  rb_fill_secret() { rb_filled="$rb_filled***"; }
  rb_run_value() { rb_got="{run.$1}"; }
  rb_capture() { :; }
  rb_contains() { :; }
  rb_matches() { :; }
  rb_output() { :; }
  rb_query() { :; }
  rb_measure_answer() { :; }
  rb_postmortem() { :; }
}
