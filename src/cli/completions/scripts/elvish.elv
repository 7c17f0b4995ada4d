# Completion of runbook for elvish; `runbook completions elvish` prints it.
use str
set edit:completion:arg-completer[runbook] = {|@words|
  try {
    e:runbook __complete elvish -- $@words 2>/dev/null | from-lines | each {|line|
      var value @about = (str:split "\t" $line)
      var end = ' '
      if (or (str:has-suffix $value =) (str:has-suffix $value /)) {
        set end = ''
      }
      var shown = $value
      if (> (count $about) 0) {
        set shown = $value'  '$about[0]
      }
      edit:complex-candidate $value &display=$shown &code-suffix=$end
    }
  } catch {
    nop
  }
}
