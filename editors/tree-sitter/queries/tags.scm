(step name: (name) @name) @definition.function
(check name: (name) @name) @definition.function
(gate name: (name) @name) @definition.function
(checklist name: (name) @name) @definition.function
(phase name: (name) @name) @definition.module
(with name: (name) @name) @definition.module
(parallel name: (name) @name) @definition.module
(action name: (name) @name) @definition.function
(check_template name: (name) @name) @definition.function
(strategy name: (name) @name) @definition.function
(bracket name: (name) @name) @definition.function

(param name: (name) @name) @definition.constant
(secret name: (name) @name) @definition.constant
(metric name: (name) @name) @definition.constant
(thresholds name: (name) @name) @definition.constant
(channel name: (name) @name) @definition.constant
(message name: (name) @name) @definition.constant
(role name: (name) @name) @definition.constant
(hosts name: (name) @name) @definition.constant
(window name: (name) @name) @definition.constant
(source name: (name) @name) @definition.constant

(call template: (path (name) @name .)) @reference.call
(after (name) @name) @reference.call
(notify (name) @name) @reference.call
