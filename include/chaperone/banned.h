/*
 * Calls that are compile errors here: each has a safe one in GLib or a
 * length-bounded form.  The compiler reads this file first in every source.
 */
#ifndef CHAPERONE_BANNED_H
#define CHAPERONE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok strncpy strncat  \
    atoi atol atof tmpnam mktemp system popen

#endif
