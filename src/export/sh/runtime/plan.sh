# How the plan is read. Of what is called NAME, a node's facts are in the
# variables rbn_FACT_NAME, a task's in rbt_FACT_NAME, a condition's in
# rbc_FACT_NAME.

rb_nodes='' rb_endings='' rb_tasks='' rb_conditions_of_plan='' rb_below='' rb_unfit='' rb_opens=''

# rb_facts PREFIX NAME FACT=VALUE...
rb_facts() {
  rb_prefix=$1 rb_name=$2
  shift 2
  for rb_fact in "$@"; do
    eval "${rb_prefix}_${rb_fact%%=*}_$rb_name=\${rb_fact#*=}"
  done
}

# node NAME KIND 'NEEDED NODES' [FACT=VALUE...]
node() {
  rb_get "rbn_kind_$1"
  [ -z "$rb_got" ] || rb_does_not_fit "the line \`node $1\` stands there twice"
  rb_nodes="$rb_nodes $1"
  rb_left=0
  for rb_need in $3; do
    rb_left=$((rb_left + 1))
    eval "rbn_next_$rb_need=\"\${rbn_next_$rb_need-} $1\" rb_got=\${rbn_kind_$rb_need-}"
    [ -n "$rb_got" ] || rb_below="$rb_below $rb_need:$1"
  done
  eval "rbn_kind_$1=\$2 rbn_needs_$1=\$3 rbn_left_$1=$rb_left rbn_state_$1=waiting"
  rb_last=$1
  rb_kind=$2
  shift 3
  rb_facts rbn "$rb_last" "$@"
  eval "rb_got=\${rbn_ends_$rb_last-} rb_word=\${rbn_skip_$rb_last-}"
  case $rb_kind,$rb_word in
    open,) rb_opens="$rb_opens $rb_last" ;;
    close,) eval "rbn_closed_$rb_got=yes" ;;
  esac
}

# task NAME NODE PART [FACT=VALUE...]
task() {
  rb_wants_node "task $1" "$2"
  rb_tasks="$rb_tasks $1"
  eval "rbt_node_$1=\$2 rbt_part_$1=\$3 rbt_run_$1=$1"
  rb_last=$1
  shift 3
  rb_facts rbt "$rb_last" "$@"
  rb_get "rbt_run_$rb_last"
  command -v "$rb_got" >/dev/null 2>&1 || rb_does_not_fit "the line \`task $rb_last\` runs \`$rb_got()\`, which is not in this script"
}

# condition NAME GATE KIND [FACT=VALUE...]
condition() {
  rb_wants_node "condition $1" "$2"
  rb_conditions_of_plan="$rb_conditions_of_plan $1"
  eval "rbn_conditions_$2=\"\${rbn_conditions_$2-} $1\" rbc_gate_$1=\$2 rbc_kind_$1=\$3"
  rb_last=$1
  shift 3
  rb_facts rbc "$rb_last" "$@"
  rb_get "rbc_task_$rb_last"
  rb_wants_task "condition $rb_last" $rb_got
}

# ending NAME KIND: a block that runs when the outcome is known.
ending() { rb_endings="$rb_endings $1" && eval "rbe_on_$1=\$2"; }
