; The names of captures are those of tree-sitter and Neovim. The queries of Helix
; and Zed are made from this file by `tests/suite/editors/derived.rs`, with the
; names that those editors know. What stands further down goes before what
; stands above it.

(name) @variable

; ------------------------------------------------------------------- comments

(comment) @comment
(doc_comment) @comment.documentation

; ----------------------------------------------------------------- statements

[
  "step" "check" "gate" "phase" "with" "parallel" "for" "checklist" "notify" "postmortem"
] @keyword

[
  "runbook" "param" "secret" "role" "hosts" "lock" "source" "metric" "thresholds" "channel"
  "message" "defaults" "watch" "use" "strategy" "bracket" "test" "trouble" "always"
] @keyword

(action "action" @keyword)
(window "window" @keyword)
(ending "on" @keyword)

; ----------------------------------------------------------------- attributes

[
  "rollback" "timeout" "harmless" "retry" "output" "capture" "env" "dir" "shell" "touches"
  "destroys" "saves" "needs" "done" "irreversible" "verify" "best" "effort"
  "else" "http" "enter" "leave" "slack" "webhook" "header" "body" "user" "port"
  "identity" "options" "via" "signed"
] @keyword
[
  "approve" "confirm" "wait" "hold" "until" "rehearsed" "window" "allow" "deny" "ask"
] @keyword
[
  "set" "given" "expect" "symptom" "matches" "diagnose" "try"
] @keyword
[
  "from" "as" "to" "of" "during" "every" "after" "when" "at" "in" "within" "backoff" "default"
  "stdout" "json" "file" "contains" "exit" "status" "then" "by" "count" "starter" "tolerate"
  "on" "breach" "request" "any" "all" "fail" "min" "samples" "no" "data" "series" "worse" "than"
  "baseline" "a" "time"
  "crash" "interrupt" "fails" "times" "out" "takes" "gives" "attempt" "approved" "confirmed"
  "rejected" "unanswered" "closed" "ran" "success" "stuck" "failure"
] @keyword

[(repeatable) (atomic)] @keyword

["and" "or" "not"] @keyword.operator

; ---------------------------------------------------------------------- names

(step name: (name) @function)
(check name: (name) @function)
(gate name: (name) @function)
(checklist name: (name) @function)
(phase name: (name) @function)
(with name: (name) @function)
(parallel name: (name) @function)
(action name: (name) @function)
(check_template name: (name) @function)
(strategy name: (name) @function)
(bracket name: (name) @function)
(call template: (path (name) @function.call))

(param name: (name) @variable.parameter)
(parameter name: (name) @variable.parameter)
(action_parameter name: (name) @variable.parameter)
(argument name: (name) @variable.parameter)
(for variable: (name) @variable.parameter)

(after (name) @function)
(notify (name) @function)
(node (name) @function)
(round (item) @string)

(source kind: (name) @constant)
(via (name) @constant)
(else (name) @constant)
(shell (name) @constant)
(no_data (name) @constant)
(on_breach (name) @constant)
(series (name) @constant)
(expectation outcome: (name) @constant)
(touches (name) @constant)
(tool) @constant
(method) @constant
(env_name) @constant

(list_type "list" @type)
(type (name) @type)
(action_type "action" @type)

; --------------------------------------------------------------------- values

(boolean) @boolean
(quantity) @number
[(date) (time)] @number
(day) @constant
(moment "T" @constant)

(operator) @operator
["=" "+" "-" "*" "/" "|" ".."] @operator

[(string) (raw_string)] @string
(escape) @string.escape
(interpolation ["{" "}"] @punctuation.special)

["{" "}" "(" ")" "[" "]"] @punctuation.bracket
(list_type ["<" ">"] @punctuation.bracket)
["," ":" "."] @punctuation.delimiter

; ------------------------------------------------------------------- commands

["$" "$ ```"] @punctuation.special
(fenced "```" @punctuation.special)
(raw_string "```" @string)
