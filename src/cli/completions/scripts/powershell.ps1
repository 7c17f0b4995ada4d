# Completion of runbook for PowerShell; `runbook completions powershell` prints it.
Register-ArgumentCompleter -Native -CommandName runbook -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @(foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -lt $cursorPosition) {
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
                $element.Value
            } else {
                $element.Extent.Text
            }
        }
    })
    # Older versions leave out a word that is empty.
    $found = if ($wordToComplete) {
        & runbook __complete powershell -- @words $wordToComplete 2>$null
    } else {
        & runbook __complete powershell --new-word -- @words 2>$null
    }
    $found | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        if (-not $about) { $about = $value }
        $text = $value
        if ($text -match '[^\w./=:,@%+-]') {
            $text = "'" + $text.Replace("'", "''") + "'"
        }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
    }
}
