# How the plan is read. Of what is called NAME, a node's facts are in the
# variables rbn_FACT_NAME, a task's in rbt_FACT_NAME, a condition's in
# rbc_FACT_NAME.

rb_nodes='' rb_endings=''

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
  rb_nodes="$rb_nodes $1"
  rb_left=0
  for rb_need in $3; do
    rb_left=$((rb_left + 1))
    eval "rbn_next_$rb_need=\"\${rbn_next_$rb_need-} $1\""
  done
  eval "rbn_kind_$1=\$2 rbn_needs_$1=\$3 rbn_left_$1=$rb_left rbn_state_$1=waiting"
  rb_last=$1
  shift 3
  rb_facts rbn "$rb_last" "$@"
}

# task NAME NODE PART [FACT=VALUE...]
task() {
  eval "rbt_node_$1=\$2 rbt_part_$1=\$3 rbt_run_$1=$1"
  rb_last=$1
  shift 3
  rb_facts rbt "$rb_last" "$@"
}

# condition NAME GATE KIND [FACT=VALUE...]
condition() {
  eval "rbn_conditions_$2=\"\${rbn_conditions_$2-} $1\" rbc_gate_$1=\$2 rbc_kind_$1=\$3"
  rb_last=$1
  shift 3
  rb_facts rbc "$rb_last" "$@"
}

# ending NAME KIND: a block that runs when the outcome is known.
ending() { rb_endings="$rb_endings $1" && eval "rbe_on_$1=\$2"; }
