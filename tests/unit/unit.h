/*
 * What every unit test needs: cmocka's headers in its order, and rows.
 */
#ifndef CHAPERONE_UNIT_H
#define CHAPERONE_UNIT_H

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
