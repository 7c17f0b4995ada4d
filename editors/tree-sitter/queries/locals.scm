; A template sees its parameters, a loop its variable, everything else is of the
; whole file.

(source_file) @local.scope
(action) @local.scope
(check_template) @local.scope
(strategy) @local.scope
(bracket) @local.scope
(for) @local.scope

(param name: (name) @local.definition.parameter)
(parameter name: (name) @local.definition.parameter)
(for variable: (name) @local.definition.var)
(secret name: (name) @local.definition.var)
(metric name: (name) @local.definition.var)
(capture name: (name) @local.definition.var)
(output name: (name) @local.definition.var)

(path . (name) @local.reference)
(comparison metric: (name) @local.reference)
(named_condition (name) @local.reference)
