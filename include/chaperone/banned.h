/*
 * Calls that are compile errors here: each has a safe one in GLib or a
 * length-bounded form.
 */
#ifndef CHAPERONE_BANNED_H
#define CHAPERONE_BANNED_H

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok strncpy strncat \
    atoi atol atof alloca tmpnam mktemp system popen

#endif
