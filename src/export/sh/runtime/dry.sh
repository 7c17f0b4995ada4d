# A dry run prints what would run: the same functions, in a shell of their own
# in which commands are printed.

rb_dry_run() {
  rb_say "$rb_title_of_run"
  rb_say 'a dry run: nothing is run, asked or measured'
  for rb_node in $rb_nodes; do
    eval "rb_kind=\$rbn_kind_$rb_node rb_title=\$rbn_name_$rb_node rb_skip=\${rbn_skip_$rb_node-} rb_needs=\$rbn_needs_$rb_node"
    case $rb_kind in open | close | leave) continue ;; esac
    if [ -n "$rb_skip" ]; then rb_say "$rb_kind $rb_title: skipped ($rb_skip)"; continue; fi
    rb_names "$rb_needs"
    rb_say "$rb_kind $rb_title   after $rb_got"
    for rb_c in captures probe forward undos; do rb_dry_part "$rb_node" "$rb_c"; done
    eval "rb_conditions=\${rbn_conditions_$rb_node-}"
    for rb_c in $rb_conditions; do
      eval "rb_say \"    \$rbc_kind_$rb_c \${rbc_words_$rb_c-}\"; rb_got=\${rbc_task_$rb_c-}"
      [ -z "$rb_got" ] || rb_dry_task "$rb_got"
      rb_dry_condition "$rb_c"
    done
  done
}

# What a gate measures: the comparisons, for how long, and what measures it.
rb_dry_condition() {
  eval "rb_list=\${rbc_metrics_$1-}"
  [ -n "$rb_list" ] || return 0
  eval "rb_for=\$rbc_for_$1 rb_every=\$rbc_every_$1 rb_got=\$rbp_$1"
  rb_write "$rb_got" | awk -F '\t' '$1 == "compare" { print "      " $15 }'
  rb_elapsed "$rb_for"; rb_words=$rb_got
  rb_elapsed "$rb_every"
  rb_say "      for $rb_words, looked at every $rb_got"
  for rb_task in $rb_list; do
    rb_say "    $rb_task"
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
}

# rb_dry_run_of FUNCTION: what it would run.
rb_dry_run_of() {
  (
    rb_why=''
    rb_sh() { while IFS= read -r rb_l; do rb_say "      \$ $rb_l"; done; }
    rb_bash() { rb_sh; }
    rb_take() { rb_say "      ($1 from $3)"; }
    rb_let() { rb_say "      $1=$2"; }
    rb_secret() { rb_say "      $1=(secret)"; }
    rb_in() { rb_say "      in $1"; }
    rb_on() { rb_say "      on $2"; }
    rb_request() { rb_said_method=$1; }
    rb_url() { :; }
    rb_address() { rb_open_part "$rb_filled"; rb_say "      http $rb_said_method $rb_got"; }
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
    rb_query() { rb_say "      query $rb_filled"; }
    rb_measure_answer() { :; }
    "$1"
  )
}
