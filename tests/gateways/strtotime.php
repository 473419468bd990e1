<?php
// Lines "ZONE<tab>BASE<tab>PHRASE" on standard input; for each a line with
// what strtotime makes of the phrase, "false" if nothing.
while (($line = fgets(STDIN)) !== false) {
    [$zone, $base, $phrase] = explode("\t", rtrim($line, "\n"), 3);
    date_default_timezone_set($zone);
    $at = strtotime($phrase, (int)$base);
    echo $at === false ? "false" : $at, "\n";
}
